/**
 * Pseudo-random facts that depend on nothing but the seed and what they are about: the given name of student 17 is the
 * same whatever was drawn before, on every platform. So nothing has to be kept, and a later day differs only where it
 * is meant to. 32-bit integer arithmetic only.
 */

/** What a draw is about; the numbers are part of the format: changing one changes every district. */
export const ABOUT = {
  org: 1,
  session: 2,
  course: 3,
  class: 4,
  student: 5,
  contact: 6,
  staff: 7,
  role: 8,
  previousRole: 9,
  newRole: 10,
  enrollment: 11,
  newEnrollment: 12,
  teaching: 13,
  newTeaching: 14,
  dirt: 15,
  family: 16,
  grade: 17,
  entry: 18,
  name: 19,
  birth: 20,
  demographics: 21,
  change: 22,
  staffRole: 23,
  contactRole: 24,
} as const;

export type About = (typeof ABOUT)[keyof typeof ABOUT];

/** A bijection of the 32-bit numbers. */
function scramble(value: number): number {
  let hash = value | 0;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}

export interface Draws {
  /** A whole number from 0 to `limit` - 1. */
  below(limit: number, about: About, index: number, salt?: number): number;
  /** True in `share` (0 to 1) of the cases. */
  chance(share: number, about: About, index: number, salt?: number): boolean;
  pick<T>(list: readonly T[], about: About, index: number, salt?: number): T;
  /** An opaque identifier of 36 characters, different for each index up to 2^32. */
  id(about: About, index: number): string;
}

/** The draws of one seed. */
export function createDraws(seed: number): Draws {
  const base = scramble(seed ^ 0x2545f491);
  const draw = (about: number, index: number, salt: number): number => {
    let hash = scramble(base + Math.imul(about, 0x9e3779b1));
    hash = scramble(hash ^ Math.imul(index + 1, 0x85ebca77));
    return scramble(hash + Math.imul(salt + 1, 0x27d4eb2f)) >>> 0;
  };
  const below = (limit: number, about: About, index: number, salt = 0): number =>
    Math.floor((draw(about, index, salt) * limit) / 2 ** 32);
  return {
    below,
    chance: (share, about, index, salt = 0) => draw(about, index, salt) < share * 2 ** 32,
    pick: (list, about, index, salt = 0) => list[below(list.length, about, index, salt)]!,
    id: (about, index) => {
      const words =
        hex(scramble(index ^ draw(about, 0, 900))) +
        [901, 902, 903].map((salt) => hex(draw(about, index, salt))).join('');
      return `${words.slice(0, 8)}-${words.slice(8, 12)}-${words.slice(12, 16)}-${words.slice(16, 20)}-${words.slice(20)}`;
    },
  };
}

function hex(word: number): string {
  return (word >>> 0).toString(16).padStart(8, '0');
}
