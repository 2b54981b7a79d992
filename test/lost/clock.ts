/**
 * Puts the clock of a process forward or back while it runs, from outside: imported before anything else, it hears
 * `{ shiftMs }` of its parent. Timers and performance.now go on as they do when a workstation's clock is put right.
 */
const RealDate = Date;
let shiftMs = Number(process.env.LOST_SHIFT_MS ?? 0);
const now = (): number => RealDate.now() + shiftMs;

globalThis.Date = new Proxy(RealDate, {
  construct: (target, given: unknown[], made) => Reflect.construct(target, given.length === 0 ? [now()] : given, made),
  get: (target, name, self) => (name === 'now' ? now : (Reflect.get(target, name, self) as unknown)),
});
process.on('message', (message: { readonly shiftMs: number }) => {
  shiftMs += message.shiftMs;
});
// It is no reason to stay alive.
process.channel?.unref();
