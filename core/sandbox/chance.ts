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
