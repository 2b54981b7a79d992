/** What only the loopback host answers: a browser has no dialog that tells where a file is. */
import { z } from 'zod';

const entry = z.object({ name: z.string(), path: z.string() });

export const loopbackCommands = {
  /** What is in a folder of this machine: names only. Null asks for the steward's own folder. */
  'loopback.folder': {
    input: z.object({
      path: z.string().max(4096).nullable(),
      /** Endings of the files to be listed, with their dot; empty lists folders only. */
      endings: z.array(z.string().regex(/^\.[a-z0-9]{1,8}$/)).max(10),
    }),
    output: z.object({
      path: z.string(),
      /** Null at the top. */
      parent: z.string().nullable(),
      folders: z.array(entry),
      files: z.array(entry),
      /** There is more than is listed. */
      isCut: z.boolean(),
    }),
  },
} as const;

export type LoopbackCommandName = keyof typeof loopbackCommands;
export type LoopbackInput<N extends LoopbackCommandName> = z.input<(typeof loopbackCommands)[N]['input']>;
export type LoopbackOutput<N extends LoopbackCommandName> = z.output<(typeof loopbackCommands)[N]['output']>;
