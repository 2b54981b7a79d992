import { randomFillSync } from 'node:crypto';

/** Bytes of an id, and of many: asking the operating system for each takes longer than making the item. */
const ID_BYTES = 16;
const DRAWN_BYTES = ID_BYTES * 256;

/** @returns 32 hexadecimal digits at every call: from the operating system, or from `random` where it is given. */
export const idMaker = (random: (() => number) | undefined): (() => string) => {
  const drawn = Buffer.alloc(DRAWN_BYTES);
  let used = drawn.length;
  return () => {
    if (random === undefined) {
      if (used === drawn.length) {
        randomFillSync(drawn);
        used = 0;
      }
      used += ID_BYTES;
      return drawn.toString('hex', used - ID_BYTES, used);
    }
    let id = '';
    while (id.length < 32)
      id += Math.floor(random() * 0x1_0000)
        .toString(16)
        .padStart(4, '0');
    return id;
  };
};

/** @returns the same id as a UUID with its dashes, of the version that is made by chance */
export function dashed(digits: string): string {
  const variant = '89ab'.charAt(Number.parseInt(digits.charAt(16), 16) % 4);
  const parts = [digits.slice(0, 8), digits.slice(8, 12), `4${digits.slice(13, 16)}`, variant + digits.slice(17, 20)];
  return [...parts, digits.slice(20, 32)].join('-');
}
