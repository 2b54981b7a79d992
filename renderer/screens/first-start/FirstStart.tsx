/** Before there is a connection: three ways in, and nothing else. */
import { type ReactNode, useEffect } from 'react';
import { go, hrefOf, waysIn } from '../../app/routes.ts';
import { useAct } from '../../client/query.ts';
import { Button, LinkButton } from '../../components/Button.tsx';
import { Icon, type IconName } from '../../components/icons.tsx';
import { Refusal } from '../../components/Notice.tsx';
import { say } from '../../state/live.ts';
import css from './FirstStart.module.css';

export function FirstStart() {
  const practice = useAct('practice.start');
  useEffect(() => {
    document.title = 'Welcome · Rollbook';
  }, []);
  const start = async (): Promise<void> => {
    say('The practice district is being set up.');
    const state = await practice.run({});
    if (state === undefined) return;
    say('The practice district is ready.');
    go(hrefOf('overview'));
  };
  return (
    <div className={css.screen}>
      <header className={css.head}>
        <img src="./icon.svg" alt="" />
        <h1 className={css.title}>Welcome to Rollbook</h1>
        <p className={css.lead}>
          It keeps your state’s Ed-Fi API true to your student information system, and shows you what it will change
          before it changes anything.
        </p>
      </header>
      <div className={css.ways}>
        <Way
          icon="connections"
          title="Connect to an API"
          act={
            <LinkButton href={waysIn.connect} look="primary">
              Connect
            </LinkButton>
          }
        >
          You have the address, the key and the secret that the API’s host gave you. It takes about five minutes, and
          nothing is sent.
        </Way>
        <Way icon="file" title="Import a connection file" act={<LinkButton href={waysIn.import}>Import</LinkButton>}>
          A colleague, or Rollbook on another computer, has made a file of a connection. It holds no key and no secret.
        </Way>
        <Way
          icon="practice"
          title="Try the practice district"
          act={
            <Button onPress={() => void start()} isBusy={practice.isBusy}>
              {practice.isBusy ? 'Setting up …' : 'Start practicing'}
            </Button>
          }
        >
          A made-up district and an API on this computer. All you do with it stays here, and can be thrown away.
        </Way>
      </div>
      <div className={css.error}>
        <Refusal error={practice.error} />
      </div>
    </div>
  );
}

function Way({
  icon,
  title,
  act,
  children,
}: {
  readonly icon: IconName;
  readonly title: string;
  readonly act: ReactNode;
  readonly children: ReactNode;
}) {
  return (
    <section className={css.way} aria-label={title}>
      <span className={css.icon}>
        <Icon name={icon} />
      </span>
      <h2>{title}</h2>
      <p>{children}</p>
      <div className={css.act}>{act}</div>
    </section>
  );
}
