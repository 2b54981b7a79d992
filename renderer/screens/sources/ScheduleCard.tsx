/** When batches begin by themselves. */
import { useState } from 'react';
import { TextField as AriaTextField, Input, ToggleButton, ToggleButtonGroup } from 'react-aria-components';
import type { ScheduleView } from '../../../core/contract/schemas.ts';
import { hrefOf } from '../../app/routes.ts';
import { useAct, useQuery } from '../../client/query.ts';
import { Button, IconButton } from '../../components/Button.tsx';
import field from '../../components/Field.module.css';
import { CheckField, RadioField, SelectField } from '../../components/Field.tsx';
import { Badge, Loaded, Refusal } from '../../components/Notice.tsx';
import { Card, Section } from '../../components/Page.tsx';
import { useNow, When } from '../../components/When.tsx';
import { say } from '../../state/live.ts';
import { toast } from '../../state/toasts.ts';
import { scheduleInWords as stateInWords } from '../overview/words.ts';
import css from './Sources.module.css';
import {
  clockInWords,
  DAYS,
  type Draft,
  type DraftErrors,
  draftOf,
  errorsOf,
  everyInWords,
  SCHEDULE_STATES,
  scheduleInWords,
  scheduleOf,
} from './words.ts';

export function ScheduleCard({ connection }: { readonly connection: string }) {
  const view = useQuery('schedule.show', { connection });
  const state = view.state === 'ready' ? SCHEDULE_STATES[view.data.state] : undefined;
  return (
    <Card>
      <Section
        title="When it is sent"
        actions={
          state !== undefined && (
            <Badge tone={state.tone} icon={state.icon}>
              {state.word}
            </Badge>
          )
        }
      >
        <Loaded query={view} what="Loading the schedule">
          {(loaded) => (
            <>
              {loaded.state !== 'off' && <Next connection={connection} view={loaded} />}
              {/* Another schedule, from wherever it came, is another form. */}
              <Editor key={JSON.stringify(loaded.schedule)} connection={connection} view={loaded} />
            </>
          )}
        </Loaded>
      </Section>
    </Card>
  );
}

function Next({ connection, view }: { readonly connection: string; readonly view: ScheduleView }) {
  const { next, state, last } = view;
  return (
    <div>
      <p className={css.next}>
        {next === null || state === 'running' ? (
          stateInWords(view)
        ) : (
          <>
            Next batch <When at={next} />
            {state === 'quiet' ? ', after the quiet hours.' : state === 'paused' ? ', after the pause.' : '.'}
          </>
        )}
        {state === 'waits-for-approval' && (
          <>
            {' '}
            <a href={hrefOf('batches', connection)}>Look at it</a>
          </>
        )}
      </p>
      {last !== null && (
        <p className={css.note}>
          The last that began by itself: <When at={last} />.
        </p>
      )}
    </div>
  );
}

const MINUTES = [5, 10, 15, 20, 30, 60, 120, 240, 480, 1440];
const MOST_TIMES = 24;

function Editor({ connection, view: { schedule } }: { readonly connection: string; readonly view: ScheduleView }) {
  const now = useNow();
  const set = useAct('schedule.set');
  const [draft, setDraft] = useState<Draft>(() => draftOf(schedule, Date.now()));
  const [before] = useState(draft);
  const change = (part: Partial<Draft>): void => setDraft({ ...draft, ...part });
  const errors = errorsOf(draft, now);
  const made = scheduleOf(draft, now);
  const isChanged = JSON.stringify(made ?? draft) !== JSON.stringify(scheduleOf(before, now));
  const save = async (): Promise<void> => {
    if (made === undefined || (await set.run({ connection, schedule: made })) === undefined) return;
    toast('The schedule was saved.', {
      label: 'Undo',
      act: () => void set.run({ connection, schedule }),
    });
  };
  const isOn = draft.kind !== 'off';
  return (
    <form
      className={css.form}
      aria-label="The schedule"
      onSubmit={(event) => {
        event.preventDefault();
        if (isChanged) void save();
      }}
    >
      <RadioField<Draft['kind']>
        label="Batches begin"
        value={draft.kind}
        onChange={(kind) => change({ kind })}
        isBoxed={false}
        options={[
          { value: 'off', label: 'Only when you send' },
          { value: 'every', label: 'Every few minutes or hours' },
          { value: 'times', label: 'At times of day' },
          { value: 'export', label: 'When the export changes', hint: '– once your SIS has finished writing it' },
        ]}
      />
      {draft.kind === 'every' && (
        <SelectField
          label="How often"
          value={String(draft.minutes)}
          onChange={(minutes) => change({ minutes: Number(minutes) })}
          options={[...new Set([...MINUTES, draft.minutes])]
            .sort((one, other) => one - other)
            .map((minutes) => ({ value: String(minutes), label: `Every ${everyInWords(minutes)}` }))}
        />
      )}
      {draft.kind === 'times' && <Times draft={draft} errors={errors} onChange={change} />}
      {isOn && <Limits draft={draft} errors={errors} onChange={change} />}
      {isOn && (
        <p className={css.note}>
          Rollbook has to be running then; its window may be closed. What was missed goes once, when it is back.
        </p>
      )}
      <Refusal error={set.error} />
      {isChanged && (
        <div className={css.unsaved}>
          <p>
            <strong>Not saved yet.</strong>{' '}
            {made === undefined ? 'Something above has to be put right first.' : scheduleInWords(made, now)}
          </p>
          <div className={css.buttons}>
            <Button look="primary" type="submit" isBusy={set.isBusy} isDisabled={made === undefined}>
              Save the schedule
            </Button>
            <Button
              onPress={() => {
                setDraft(before);
                say('The schedule is as it was.');
              }}
            >
              Discard
            </Button>
          </div>
        </div>
      )}
    </form>
  );
}

interface PartProps {
  readonly draft: Draft;
  readonly errors: DraftErrors;
  readonly onChange: (part: Partial<Draft>) => void;
}

function Times({ draft, errors, onChange }: PartProps) {
  const { times } = draft;
  return (
    <>
      <fieldset className={css.group}>
        <legend>Times</legend>
        <ul className={css.times}>
          {times.map((time, at) => (
            // Two may be the same while they are being typed: their place is their name.
            // biome-ignore lint/suspicious/noArrayIndexKey: see above
            <li key={at} className={css.time}>
              <Clock
                label={`Time ${at + 1}`}
                value={time}
                onChange={(value) => onChange({ times: times.map((one, i) => (i === at ? value : one)) })}
              />
              {times.length > 1 && (
                <IconButton
                  icon="cross"
                  label={time === '' ? `Take time ${at + 1} away` : `Take ${clockInWords(time)} away`}
                  onPress={() => onChange({ times: times.filter((_, i) => i !== at) })}
                />
              )}
            </li>
          ))}
        </ul>
        {errors.times !== undefined && <p className={field.error}>{errors.times}</p>}
        {times.length < MOST_TIMES && (
          <div>
            <Button look="quiet" icon="plus" onPress={() => onChange({ times: [...times, ''] })}>
              Another time
            </Button>
          </div>
        )}
      </fieldset>
      <fieldset className={css.group}>
        <legend>Days</legend>
        <ToggleButtonGroup
          aria-label="Days"
          className={css.days ?? ''}
          selectionMode="multiple"
          selectedKeys={draft.days.map(String)}
          onSelectionChange={(keys) => onChange({ days: [...keys].map(Number) })}
        >
          {DAYS.map(({ day, short }) => (
            <ToggleButton key={day} id={String(day)} className={css.day ?? ''}>
              {short}
            </ToggleButton>
          ))}
        </ToggleButtonGroup>
        {errors.days !== undefined && <p className={field.error}>{errors.days}</p>}
      </fieldset>
    </>
  );
}

function Limits({ draft, errors, onChange }: PartProps) {
  return (
    <div className={css.limits}>
      <CheckField
        label="Quiet hours"
        hint="– no batch begins by itself then"
        isOn={draft.isQuiet}
        onChange={(isQuiet) => onChange({ isQuiet })}
      />
      {draft.isQuiet && (
        <div className={css.inner}>
          <div className={css.span}>
            <span>From</span>
            <Clock label="Quiet hours begin" value={draft.from} onChange={(from) => onChange({ from })} />
            <span>to</span>
            <Clock label="Quiet hours end" value={draft.to} onChange={(to) => onChange({ to })} />
          </div>
          {errors.quiet !== undefined && <p className={field.error}>{errors.quiet}</p>}
        </div>
      )}
      <CheckField
        label="Pause until a day"
        hint="– for the end of the school year: nothing is sent by itself before"
        isOn={draft.isPaused}
        onChange={(isPaused) => onChange({ isPaused })}
      />
      {draft.isPaused && (
        <div className={css.inner}>
          <AriaTextField
            className={css.date ?? ''}
            type="date"
            aria-label="Paused until"
            value={draft.until}
            onChange={(until) => onChange({ until })}
          >
            <Input className={field.input ?? ''} />
          </AriaTextField>
          {errors.until !== undefined && <p className={field.error}>{errors.until}</p>}
        </div>
      )}
    </div>
  );
}

/** The browser's own field for a time: typed, or stepped by the arrow keys, in the steward's way of writing it. */
function Clock({
  label,
  value,
  onChange,
}: {
  readonly label: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
}) {
  return (
    <AriaTextField className={css.clock ?? ''} type="time" aria-label={label} value={value} onChange={onChange}>
      <Input className={field.input ?? ''} />
    </AriaTextField>
  );
}
