import { randomBytes } from 'node:crypto';

/** @returns 32 hexadecimal digits at every call: from the operating system, or from `random` where it is given. */
export const idMaker =
  (random: (() => number) | undefined): (() => string) =>
  () => {
    if (random === undefined) return randomBytes(16).toString('hex');
    let id = '';
    while (id.length < 32)
      id += Math.floor(random() * 0x1_0000)
        .toString(16)
        .padStart(4, '0');
    return id;
  };

/** @returns the same id as a UUID with its dashes, of the version that is made by chance */
export function dashed(digits: string): string {
  const variant = '89ab'.charAt(Number.parseInt(digits.charAt(16), 16) % 4);
  const parts = [digits.slice(0, 8), digits.slice(8, 12), `4${digits.slice(13, 16)}`, variant + digits.slice(17, 20)];
  return [...parts, digits.slice(20, 32)].join('-');
}
