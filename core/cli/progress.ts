/** Turns the engine's events into bars and tables, or into JSON lines. */
import type { EngineEvent, PlanView } from '../contract/schemas.ts';
import { type Bar, createBar } from './bar.ts';
import { printPlan, shortName } from './plan.ts';
import { isLive, jsonLine, out, printable, wrap, write } from './terminal.ts';

export interface EventPrinter {
  print(event: EngineEvent): void;
  /** The plan that was told last. */
  plan(): PlanView | undefined;
  /** Ends a bar that is still drawn. */
  finish(): void;
}

const WORDS = { connecting: ['', ''], reading: ['Reading', 'Read'], sending: ['Sending', 'Sent'] } as const;

/** @param samples whether a plan shows where its records come from */
export function createEventPrinter({ json, samples }: { json: boolean; samples: boolean }): EventPrinter {
  let plan: PlanView | undefined;
  const printer = json ? { print: printJson, finish: () => undefined } : createScreenPrinter(samples);
  return {
    finish: printer.finish,
    plan: () => plan,
    print(event) {
      if (event.type === 'plan') plan = event.plan;
      printer.print(event);
    },
  };
}

/** The same names for resources as in the result: those people use. */
function printJson(event: EngineEvent): void {
  switch (event.type) {
    case 'plan': {
      // No values: where a record is tells whoever may see it.
      const places = (samples: readonly { readonly file: string; readonly row: number }[]) =>
        samples.map(({ file, row }) => ({ file, row }));
      const resources = event.plan.resources.map(({ samples, ...one }) => ({
        ...one,
        resource: shortName(one.resource),
        samples: { create: places(samples.create), update: places(samples.update) },
      }));
      jsonLine({ ...event, plan: { ...event.plan, resources } });
      return;
    }
    case 'progress': {
      // Ten lines a second: what each resource has done is for screens.
      const { paused: _paused, resources: _resources, ...progress } = event;
      jsonLine(progress);
      return;
    }
    case 'notice':
    case 'test-step':
      jsonLine(event);
      return;
    // For hosts that show several batches; here the last line says how the one ended.
    case 'batch':
    case 'schedule':
      return;
  }
}

function createScreenPrinter(samples: boolean): Omit<EventPrinter, 'plan'> {
  let bar: Bar | undefined;
  let phase = '';
  const finish = (): void => {
    if (phase === 'connecting' && isLive()) write('\r\u001b[K');
    bar?.finish();
    bar = undefined;
    phase = '';
  };
  return {
    finish,
    print(event) {
      switch (event.type) {
        case 'progress': {
          if (event.phase !== phase) {
            finish();
            phase = event.phase;
            const [doing, did] = WORDS[event.phase];
            // Nothing to send: no bar for it.
            if (event.phase === 'connecting') {
              if (isLive()) write('Opening the export, and asking the API for its model …');
            } else if (event.total !== 0) bar = createBar(doing, did);
          }
          const { done, total, perSecond, secondsLeft, connections } = event;
          bar?.update({ done, total, perSecond, secondsLeft, connections });
          return;
        }
        case 'plan':
          finish();
          out();
          printPlan(event.plan, samples);
          return;
        case 'notice':
          finish();
          out(wrap(printable(event.sentence), 'Note: '));
          return;
      }
    },
  };
}
