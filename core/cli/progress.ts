/** Turns the engine's events into bars and tables, or into JSON lines. */
import type { EngineEvent } from '../contract/schemas.ts';
import { printPlan } from './report.ts';
import { type Bar, createBar, duration, jsonLine, number, out } from './terminal.ts';

export interface EventPrinter {
  print(event: EngineEvent): void;
  finish(): void;
}

export function createEventPrinter(json: boolean): EventPrinter {
  if (json) return { print: jsonLine, finish: () => undefined };
  let bar: Bar | undefined;
  let phase = '';
  const finish = (): void => {
    bar?.finish();
    bar = undefined;
    phase = '';
  };
  return {
    finish,
    print(event) {
      switch (event.type) {
        case 'progress': {
          if (event.phase === 'connecting') return;
          if (event.phase !== phase) {
            finish();
            phase = event.phase;
            bar = createBar(event.phase === 'reading' ? 'Reading' : 'Sending');
          }
          const speed = `${number(event.perSecond)} records/s`;
          if (event.total === undefined) bar?.update(`${number(event.done)} records, ${speed}`, undefined);
          else if (event.total > 0) {
            const left = event.secondsLeft === undefined ? '' : `, ${duration(event.secondsLeft)} left`;
            bar?.update(
              `${number(event.done)} of ${number(event.total)}, ${speed}${event.done < event.total ? left : ''}, ${event.connections} connections`,
              event.done / event.total,
            );
          }
          return;
        }
        case 'plan':
          finish();
          printPlan(event.plan);
          return;
        case 'notice':
          finish();
          out(`  note: ${event.sentence}`);
      }
    },
  };
}
