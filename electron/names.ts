/**
 * The names in the contract. The build puts their values in this module's place, so that the preload, which the sandbox loads
 * before every page, does not carry the schemas.
 */
import { hostCommands, hostEventSchema } from '../core/contract/host.ts';
import { commands, eventSchema } from '../core/contract/schemas.ts';

export const commandNames: readonly string[] = [...Object.keys(commands), ...Object.keys(hostCommands)];

export const eventTypes: readonly string[] = [...eventSchema.options, ...hostEventSchema.options].map(
  (option) => option.shape.type.value,
);
