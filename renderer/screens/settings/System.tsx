/** What the host does for Rollbook: only what this one offers is there. */
import type { UpdateState } from '../../../core/contract/host.ts';
import { useAct } from '../../client/query.ts';
import { Button } from '../../components/Button.tsx';
import { CheckField } from '../../components/Field.tsx';
import { Notice, Refusal } from '../../components/Notice.tsx';
import { Progress } from '../../components/Progress.tsx';
import { When } from '../../components/When.tsx';
import { useLive } from '../../state/live.ts';
import css from './Settings.module.css';
import { Group } from './Settings.tsx';
import { updateInWords } from './words.ts';

export function System() {
  const host = useLive((live) => live.host);
  const login = useAct('host.setOpenAtLogin');
  const notices = useAct('host.setNotifications');
  if (host === undefined) return null;
  const { openAtLogin, notifications, update } = host;
  if (openAtLogin === null && notifications === null && update.state === 'unavailable') return null;
  return (
    <Group title="On this computer">
      {openAtLogin !== null && (
        <CheckField
          label="Start when I sign in"
          hint="– without a window; batches that have a schedule then begin by themselves"
          isOn={openAtLogin}
          onChange={(on) => void login.run({ on })}
          isDisabled={login.isBusy}
        />
      )}
      {notifications !== null && (
        <CheckField
          label="Tell me when a batch has ended"
          hint="– by a notification of the system; it never names a person"
          isOn={notifications}
          onChange={(on) => void notices.run({ on })}
          isDisabled={notices.isBusy}
        />
      )}
      <Refusal error={login.error ?? notices.error} />
      {update.state !== 'unavailable' && <Updates update={update} />}
    </Group>
  );
}

function Updates({ update }: { readonly update: Exclude<UpdateState, { state: 'unavailable' }> }) {
  const check = useAct('updates.check');
  const install = useAct('updates.install');
  const checkedAt = update.state === 'idle' || update.state === 'failed' ? update.checkedAt : null;
  return (
    <div className={css.part}>
      <h3>Updates</h3>
      {update.state === 'failed' ? (
        <Notice tone="wait">
          <p>{updateInWords(update)}</p>
        </Notice>
      ) : (
        <p role="status">{updateInWords(update)}</p>
      )}
      {update.state === 'downloading' && (
        <Progress label="Fetching the update" done={Math.round(update.percent)} total={100} unit="percent" />
      )}
      {checkedAt !== null && (
        <p className={css.note}>
          Last looked for <When at={checkedAt} />
        </p>
      )}
      <div className={css.buttons}>
        {update.state === 'ready' ? (
          <Button look="primary" onPress={() => void install.run({})} isBusy={install.isBusy}>
            Restart and install
          </Button>
        ) : (
          <Button
            onPress={() => void check.run({})}
            isBusy={check.isBusy || update.state === 'checking'}
            isDisabled={update.state === 'downloading'}
          >
            Look for an update
          </Button>
        )}
      </div>
      <p className={css.note}>An update is never installed while a batch runs.</p>
      <Refusal error={check.error ?? install.error} />
    </div>
  );
}
