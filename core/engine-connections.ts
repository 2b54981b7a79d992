/** The engine's handling of connections: saved values, secrets, tests, and everything that is kept with them. */
import { readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { certificatesIn } from './connections/certificates.ts';
import { compareClone, NOT_COMPARED, yearsIn } from './connections/clone.ts';
import { describeReplaced, exportConnection, readExport } from './connections/portable.ts';
import { type Profile, profileSchema, readProfile } from './connections/profile.ts';
import { groupResources, isOff, unknownSelectors } from './connections/resources.ts';
import { compareKeys } from './connections/rotate.ts';
import type { SecretStore } from './connections/secrets.ts';
import { type Needs, type TestResult, testConnection } from './connections/test/run.ts';
import { describeApi, standardInWords } from './connections/words.ts';
import {
  accountSchema,
  type CommandName,
  type CommandOutput,
  type ConnectionView,
  type EngineEvent,
  type KeyInfoView,
  keyInfoSchema,
  type LookAgainView,
  type ParsedInput,
  type RemovalView,
  type TestStep,
  type TestStepName,
  testSteps,
} from './contract/schemas.ts';
import { type ClientOptions, createClient, type EdFiClient } from './edfi/client.ts';
import type { Discovery } from './edfi/discovery.ts';
import { hostOf } from './edfi/documents.ts';
import type { ApiModel } from './edfi/model.ts';
import { Failure, type FailureCode } from './errors/failure.ts';
import type { ConnectionRow, Ledger } from './ledger/ledger.ts';
import { resolveSettings } from './mapping/compile.ts';
import { loadMapping, shippedMappings } from './mapping/load.ts';
import { removeSealedOf } from './sources/sealed-folder.ts';
import { isConnectionLabel, LABEL_WORDS, numberLabel } from './support/fields.ts';
import { keepLearned, keptKnowledge } from './sync/knowledge.ts';
import { compileChosen, neededOf } from './sync/needs.ts';

export interface ConnectionsInput {
  readonly ledger: Ledger;
  readonly folder: string;
  /** Undefined where the machine has none. */
  readonly keychain: SecretStore | undefined;
  /** A secret for this run that goes before any other. */
  readonly secret: string | undefined;
  /** Tells two data folders of one account apart in the keychain. */
  readonly scope: string;
  /** Sockets to one API at most. */
  readonly maxConnections: number;
  /** How every API is reached, as it is chosen now. */
  readonly network: () => Required<Pick<ClientOptions, 'proxy' | 'ca' | 'systemCertificates'>>;
  readonly now: () => number;
  readonly emit: (event: EngineEvent) => void;
  /** Hears of each secret that is used, so that nothing named after it is told to anybody. */
  readonly onSecret: (secret: string) => void;
  /** @throws Failure `ledger-in-use` while a batch is running: what it works with is not changed under it */
  readonly refuseWhileRunning: () => void;
  /** What the ledger forgets now is to go from its copies too: told in its transaction, and once more after it. */
  readonly copies: { forget(): void; renew(): Promise<void> };
}

type ConnectionCommand = Extract<CommandName, `connections.${string}`>;
type Handlers = { [N in ConnectionCommand]: (input: ParsedInput<N>) => Promise<CommandOutput<N>> };
type Saved = CommandOutput<'connections.add'>;
type Notice = Saved['notices'][number];
type Mapped = ReturnType<Ledger['descriptorMap']>[number];

export interface Connections {
  readonly handlers: Handlers;
  /** @throws Failure `connection-unknown` */
  find(name: string): ConnectionRow;
  profileOf(row: ConnectionRow): Profile;
  clientOf(row: ConnectionRow, signal: AbortSignal, onEvent?: ClientOptions['onEvent']): EdFiClient;
  /** Looks a clone over once its API is known; called after each batch. */
  compareWhereNew(connectionId: number): Promise<void>;
  /** @throws Failure `ledger-in-use` while a batch is running */
  updateProfile(row: ConnectionRow, profile: Profile): void;
  /** Whether its secret is kept somewhere, so that a batch can begin without a person. */
  hasSecret(row: ConnectionRow): boolean;
  /** What the API told of the key when it was last tested. */
  keyInfo(connectionId: number): KeyInfoView | undefined;
  /** Stops every test under way. */
  stop(): void;
}

/** @throws Failure for what is none of the words */
function labelIn(given: string): string | undefined {
  const label = given.trim().toLowerCase();
  if (label === '') return undefined;
  if (isConnectionLabel(label)) return label;
  throw new Failure(
    'usage',
    `Support hears of a connection by one of these words, with a number behind it or without (state-2): ${LABEL_WORDS.join(', ')}.`,
  );
}

export function createConnections(input: ConnectionsInput): Connections {
  const { ledger, keychain, now } = input;
  const tests = new Set<AbortController>();

  const find = (name: string): ConnectionRow => {
    const all = ledger.connections();
    const found = all.find((connection) => connection.name.toLowerCase() === name.toLowerCase());
    if (found !== undefined) return found;
    const names = all.map((connection) => `"${connection.name}"`).join(', ');
    throw new Failure(
      'connection-unknown',
      all.length === 0
        ? `There is no connection "${name}": none has been added yet. Add it with: rollbook connect add ${name} --url … --key …`
        : `There is no connection "${name}". There ${all.length === 1 ? 'is' : 'are'}: ${names}.`,
    );
  };
  const profileOf = (row: ConnectionRow): Profile => readProfile(row.name, row.profile);

  // Secrets. The slot changes with each key, so that the old secret stays until the new one is in use.
  const secretName = (id: number, slot: string): string => `connection ${input.scope} ${id} ${slot}`;
  const slotOf = (row: ConnectionRow, profile: Profile): string => profile.secretSlot ?? row.name;
  const secretOf = async (row: ConnectionRow, profile: Profile): Promise<string> => {
    const secret = await keptSecret(row, profile);
    input.onSecret(secret);
    return secret;
  };
  const keptSecret = async (row: ConnectionRow, profile: Profile): Promise<string> => {
    if (input.secret !== undefined) return input.secret;
    if (profile.secretFile !== undefined) return readSecretFile(profile.secretFile);
    const kept = await keychain?.get(secretName(row.id, slotOf(row, profile)));
    if (kept !== undefined) return kept;
    throw new Failure(
      'secret-missing',
      keychain === undefined
        ? `The secret of "${row.name}" is not kept on this machine, which has no keychain: set ROLLBOOK_SECRET, or add the connection with --secret-file.`
        : `The secret of "${row.name}" is not in the keychain: add the connection again, or set ROLLBOOK_SECRET.`,
    );
  };
  /** The secret that was given with a command: by itself, for this run, or in a file. */
  const givenSecret = (given: string | undefined, profile: Profile): string => {
    // Read even where another goes before it: it has to be there at the next sync.
    const filed = profile.secretFile === undefined ? undefined : readSecretFile(profile.secretFile);
    const secret = given ?? input.secret ?? filed;
    if (secret !== undefined && secret !== '') {
      input.onSecret(secret);
      return secret;
    }
    throw new Failure(
      'secret-missing',
      'The connection needs its secret: enter it when asked, set ROLLBOOK_SECRET, or name a file with --secret-file.',
    );
  };
  const placeOfSecret = (profile: Profile): ConnectionView['secret'] =>
    profile.secretFile !== undefined ? 'file' : keychain === undefined ? 'nowhere' : 'keychain';
  const keptNotice = (profile: Profile): Notice[] =>
    placeOfSecret(profile) !== 'nowhere'
      ? []
      : [
          {
            code: 'secret-not-kept',
            sentence:
              'This machine has no keychain, so the secret is not kept anywhere: give it with each command (ROLLBOOK_SECRET), or name a file that only you can read (--secret-file).',
          },
        ];

  const clientOptions = (
    profile: Pick<Profile, 'url' | 'key' | 'routeValues' | 'ca'>,
    secret: () => Promise<string>,
    signal: AbortSignal,
  ): ClientOptions => {
    const { proxy, ca, systemCertificates } = input.network();
    return {
      url: profile.url,
      key: profile.key,
      secret,
      maxConnections: input.maxConnections,
      routeValues: profile.routeValues,
      ca: [...ca, ...profile.ca],
      systemCertificates,
      proxy,
      now,
      signal,
    };
  };

  // Views.
  const inWords = (id: number): string | null => {
    const discovery = keptDiscovery(ledger, id);
    return discovery === undefined ? null : describeApi(discovery, '').inWords;
  };
  const view = (row: ConnectionRow): ConnectionView => {
    const profile = profileOf(row);
    const batch = ledger.lastBatch(row.id);
    const summary = batch?.summary == null ? undefined : (JSON.parse(batch.summary) as { account?: unknown });
    return {
      name: row.name,
      url: profile.url,
      key: profile.key,
      keySince: profile.keySince ?? row.createdAt,
      studentId: profile.studentId,
      secret: placeOfSecret(profile),
      inWords: inWords(row.id),
      off: [...profile.off],
      clonedFrom: profile.startingPoint?.from ?? null,
      lookAgain: profile.startingPoint?.lookAgain ?? [],
      records: ledger.confirmedCount(row.id),
      lastBatch:
        batch === undefined
          ? null
          : {
              state: batch.state,
              startedAt: batch.startedAt,
              endedAt: batch.endedAt,
              account: accountSchema.safeParse(summary?.account).data ?? null,
            },
    };
  };
  const reread = (id: number): ConnectionRow => {
    const row = ledger.connections().find((one) => one.id === id);
    if (row === undefined) throw new Failure('internal', 'The connection is gone.');
    return row;
  };
  const update = (row: ConnectionRow, profile: Profile, name = row.name): void =>
    ledger.transaction(() => ledger.updateConnection(row.id, name, JSON.stringify(profile)));

  // Tests.
  const needsOf =
    (profile: Profile, alsoTypes: readonly string[]) =>
    async (discovery: Discovery, model: ApiModel): Promise<Needs> => {
      const { compiled } = await compileChosen({ discovery, model, ...choicesOf(profile) });
      const needs = neededOf(compiled, profile.vanished === 'delete');
      return { resources: needs.resources, descriptorTypes: new Set([...needs.descriptorTypes, ...alsoTypes]) };
    };
  const runTest = async (
    profile: Profile,
    secret: () => Promise<string>,
    options: { readonly upTo?: TestStepName; readonly alsoTypes?: readonly string[] } = {},
  ): Promise<TestResult> => {
    const controller = new AbortController();
    tests.add(controller);
    const total = options.upTo === undefined ? testSteps.length : testSteps.indexOf(options.upTo) + 1;
    let done = 0;
    try {
      return await testConnection({
        client: clientOptions(profile, secret, controller.signal),
        needs: needsOf(profile, options.alsoTypes ?? []),
        ...(options.upTo === undefined ? {} : { upTo: options.upTo }),
        onStep: (step) => {
          done += 1;
          input.emit({ type: 'test-step', step, done, total });
        },
      });
    } finally {
      tests.delete(controller);
    }
  };
  const NOT_TESTED: TestResult = { steps: [], api: undefined, key: undefined, learned: undefined };
  const refuseFailed = (steps: readonly TestStep[]): void => {
    const failed = steps.find((step) => step.state === 'failed');
    if (failed === undefined) return;
    throw new Failure((failed.code ?? 'api-unusable') as FailureCode, `${failed.sentence} ${failed.fix ?? ''}`.trim(), {
      step: failed.step,
    });
  };
  /** What a test learned is kept, so that a plan can be made without the API, and support can see what the key may do. */
  const keepResult = (id: number, { learned, key }: TestResult): void => {
    ledger.transaction(() => {
      if (learned !== undefined) keepLearned(ledger, id, learned, now);
      if (key !== undefined) ledger.cache(id, KEY_INFO, '1', JSON.stringify(key), now());
    });
  };
  const keptKeyInfo = (id: number): { at: number; info: KeyInfoView } | undefined => {
    const kept = ledger.cached(id, KEY_INFO);
    const info = kept === undefined ? undefined : keyInfoSchema.safeParse(JSON.parse(kept.text)).data;
    return kept === undefined || info === undefined ? undefined : { at: kept.fetchedAt, info };
  };

  // Clones.
  const compareWhereNew = async (id: number): Promise<void> => {
    const row = reread(id);
    const profile = profileOf(row);
    const { startingPoint } = profile;
    const kept = keptKnowledge(ledger, id);
    if (startingPoint === undefined || startingPoint.compared || kept === undefined) return;
    const { discovery, model } = kept;
    const { compiled } = await compileChosen({ discovery: discovery ?? {}, model, ...choicesOf(profile) });
    const original = ledger.connections().find((one) => one.name === startingPoint.from);
    const before = original === undefined ? undefined : keptDiscovery(ledger, original.id);
    const found = compareClone({
      standardBefore: standardInWords(before?.dataStandard),
      standardNow: standardInWords(discovery?.dataStandard),
      descriptors: ledger.descriptorMap(id),
      values: (type) => (model.descriptors[type] === undefined ? [] : kept.descriptorValues(type)),
      lacking: neededOf(compiled, false).lacking,
      unknownOff: unknownSelectors(profile.off, model),
    });
    const lookAgain = startingPoint.lookAgain.filter(({ kind }) => kind !== 'not-compared');
    update(row, {
      ...profile,
      startingPoint: { ...startingPoint, compared: true, lookAgain: [...lookAgain, ...found] },
    });
  };

  // Saving.
  const sharedKey = (profile: Profile, own: number | undefined): Notice[] => {
    const others = ledger.connections().filter((row) => {
      if (row.id === own) return false;
      const other = profileOf(row);
      return other.key === profile.key && hostOf(other.url.trim()) === hostOf(profile.url.trim());
    });
    return others.map((row) => ({
      code: 'key-shared',
      sentence: `The connection "${row.name}" uses the same key at the same host: ask the API's host for one key each, or the two take each other's sign-ins and records.`,
    }));
  };
  const refuseTaken = (name: string, own?: number): void => {
    if (!ledger.connections().some((row) => row.id !== own && row.name.toLowerCase() === name.toLowerCase())) return;
    throw new Failure(
      'connection-exists',
      `There is a connection "${name}" already. Choose another name, or remove it first.`,
    );
  };
  /** Support could not tell two of one label apart. */
  const refuseTakenLabel = (label: string | undefined, own: number): void => {
    const other = ledger.connections().find((row) => row.id !== own && profileOf(row).label === label);
    if (label === undefined || other === undefined) return;
    throw new Failure(
      'connection-exists',
      `Support hears of the connection "${other.name}" as ${label} already. Choose another word, or put another number behind it.`,
    );
  };
  /** What is wrong with the choices is said now, not at the first sync. */
  const checkChoices = async (profile: Profile): Promise<void> => {
    const mapping = await loadMapping(profile.mapping ?? shippedMappings['5.2']);
    resolveSettings(mapping, { ...profile.settings, studentId: profile.studentId });
  };
  const addNew = async (
    name: string,
    profile: Profile,
    given: string | undefined,
    test: boolean,
    descriptors: readonly Mapped[],
  ): Promise<{ row: ConnectionRow; result: TestResult; notices: Notice[]; secretKept: boolean }> => {
    await checkChoices(profile);
    const secret = givenSecret(given, profile);
    const alsoTypes = [...new Set(descriptors.map(({ type }) => type))];
    const result = test ? await runTest(profile, async () => secret, { alsoTypes }) : NOT_TESTED;
    refuseFailed(result.steps);
    // The test took its time: the name may have been taken meanwhile.
    refuseTaken(name);
    const row = ledger.transaction(() => {
      const added = ledger.addConnection(name, JSON.stringify(profile), now());
      for (const { type, code, uri } of descriptors) ledger.mapDescriptor(added.id, type, code, uri);
      return added;
    });
    const secretKept = keychain !== undefined && profile.secretFile === undefined;
    try {
      if (secretKept) await keychain.set(secretName(row.id, slotOf(row, profile)), secret);
    } catch (thrown) {
      ledger.transaction(() => ledger.removeConnection(row.id));
      throw thrown;
    }
    keepResult(row.id, result);
    return { row, result, secretKept, notices: [...sharedKey(profile, row.id), ...keptNotice(profile)] };
  };
  const savedView = (
    id: number,
    steps: readonly TestStep[],
    notices: readonly Notice[],
    secretKept: boolean,
  ): Saved => ({
    connection: view(reread(id)),
    steps: [...steps],
    notices: [...notices],
    secretKept,
  });

  const removalOf = (row: ConnectionRow): RemovalView => ({
    ...ledger.extent(row.id),
    copyBytes: statSync(copyOf(input.folder, row.id), { throwIfNoEntry: false })?.size ?? 0,
    secret: placeOfSecret(profileOf(row)),
  });

  const handlers: Handlers = {
    'connections.discover': async ({ url, routeValues = {}, ca = [] }) => {
      const controller = new AbortController();
      tests.add(controller);
      const target = { url, key: '', routeValues, ca: certificatesIn(ca) };
      const client = createClient({
        ...clientOptions(target, async () => '', controller.signal),
        retry: { attempts: 2, totalMs: 20_000 },
      });
      try {
        return describeApi(await client.discovery(), hostOf(url.trim()));
      } finally {
        tests.delete(controller);
        await client.close();
      }
    },
    'connections.add': async (given) => {
      const profile = parseProfile({
        url: given.url,
        key: given.key,
        studentId: given.studentId,
        settings: given.settings ?? {},
        routeValues: given.routeValues ?? {},
        ca: certificatesIn(given.ca ?? []),
        off: given.resources?.off ?? [],
        keySince: now(),
        ...fileAt('secretFile', given.secretFile),
        ...fileAt('mapping', given.mapping),
        ...(given.vanished === undefined ? {} : { vanished: given.vanished }),
      });
      refuseTaken(given.name);
      const { row, result, notices, secretKept } = await addNew(given.name, profile, given.secret, given.test, []);
      return savedView(row.id, result.steps, notices, secretKept);
    },
    'connections.tryOut': async (given) => {
      const profile = parseProfile({
        url: given.url,
        key: given.key,
        // Which identifier it is does not matter to a test, and may not have been chosen yet.
        studentId: given.studentId ?? 'sourcedId',
        settings: given.settings ?? {},
        routeValues: given.routeValues ?? {},
        ca: certificatesIn(given.ca ?? []),
        off: given.resources?.off ?? [],
        ...fileAt('secretFile', given.secretFile),
        ...fileAt('mapping', given.mapping),
        ...(given.vanished === undefined ? {} : { vanished: given.vanished }),
      });
      const secret = givenSecret(given.secret, profile);
      const { steps, api, key } = await runTest(profile, async () => secret);
      return { steps: [...steps], api: api ?? null, key: key ?? null };
    },
    'connections.list': async () => ledger.connections().map(view),
    'connections.show': async ({ name }) => {
      const row = find(name);
      const profile = profileOf(row);
      return {
        ...view(row),
        label: profile.label ?? numberLabel(row.id),
        settings: profile.settings,
        routeValues: profile.routeValues,
        vanished: profile.vanished,
        mapping: profile.mapping ?? null,
        certificates: profile.ca.length,
        descriptorMappings: ledger.extent(row.id).descriptorMappings,
        specificationAt: ledger.cached(row.id, 'specification')?.fetchedAt ?? null,
      };
    },
    'connections.test': async ({ name }) => {
      const row = find(name);
      const profile = profileOf(row);
      const alsoTypes = [...new Set(ledger.descriptorMap(row.id).map(({ type }) => type))];
      const result = await runTest(profile, () => secretOf(row, profile), { alsoTypes });
      keepResult(row.id, result);
      if (result.learned !== undefined) await compareWhereNew(row.id);
      return [...result.steps];
    },
    'connections.stopTest': async () => {
      for (const controller of tests) controller.abort();
      return {};
    },
    'connections.update': async (given) => {
      const row = find(given.name);
      const before = profileOf(row);
      const changed = (from: Profile): Profile =>
        parseProfile({
          ...from,
          ...(given.url === undefined ? {} : { url: given.url }),
          ...(given.routeValues === undefined ? {} : { routeValues: given.routeValues }),
          ...(given.ca === undefined ? {} : { ca: certificatesIn(given.ca) }),
          ...(given.settings === undefined ? {} : { settings: { ...from.settings, ...given.settings } }),
          ...fileAt('mapping', given.mapping),
          ...(given.vanished === undefined ? {} : { vanished: given.vanished }),
          ...(given.resources === undefined ? {} : { off: given.resources.off }),
          ...(given.label === undefined ? {} : { label: labelIn(given.label) }),
          // The keychain has the secret under the name of before.
          ...(given.newName === undefined ? {} : { secretSlot: slotOf(row, from) }),
        });
      const profile = changed(before);
      const name = given.newName ?? row.name;
      refuseTaken(name, row.id);
      if (given.label !== undefined) refuseTakenLabel(profile.label, row.id);
      await checkChoices(profile);
      refuseUnknownOff(ledger, row.id, profile.off, before.off);
      const elsewhere =
        profile.url !== before.url ||
        JSON.stringify([profile.routeValues, profile.ca]) !== JSON.stringify([before.routeValues, before.ca]);
      const result = elsewhere && given.test ? await runTest(profile, () => secretOf(row, before)) : NOT_TESTED;
      refuseFailed(result.steps);
      input.refuseWhileRunning();
      // A test takes its time: what was chosen meanwhile (a source, a schedule) stays.
      update(row, changed(profileOf(reread(row.id))), name);
      keepResult(row.id, result);
      const notices = elsewhere ? addressNotice(ledger.confirmedCount(row.id)) : [];
      return savedView(
        row.id,
        result.steps,
        [...notices, ...sharedKey(profile, row.id)],
        placeOfSecret(profile) === 'keychain',
      );
    },
    'connections.clone': async (given) => {
      const from = find(given.from);
      const {
        secretFile: _file,
        secretSlot: _slot,
        startingPoint: _before,
        label: _label,
        // Nothing goes to another API by itself before somebody has looked.
        schedule: _schedule,
        ...original
      } = profileOf(from);
      const choices = parseProfile({
        ...original,
        key: given.key,
        keySince: now(),
        ...(given.url === undefined ? {} : { url: given.url }),
        ...(given.routeValues === undefined ? {} : { routeValues: given.routeValues }),
        ...(given.ca === undefined ? {} : { ca: certificatesIn(given.ca) }),
        ...fileAt('secretFile', given.secretFile),
      });
      const profile: Profile = {
        ...choices,
        startingPoint: {
          from: from.name,
          compared: false,
          // What was given anew has been looked at just now.
          lookAgain: [NOT_COMPARED, ...yearsIn(choices).filter((entry) => !givenAnew(entry, given))],
        },
      };
      refuseTaken(given.name);
      const map = ledger.descriptorMap(from.id);
      const { row, result, notices, secretKept } = await addNew(given.name, profile, given.secret, given.test, map);
      await compareWhereNew(row.id);
      return savedView(row.id, result.steps, notices, secretKept);
    },
    'connections.looked': async ({ name, entry }) => {
      const row = find(name);
      const profile = profileOf(row);
      const { startingPoint } = profile;
      const left = startingPoint?.lookAgain.filter((one) => one.entry !== entry) ?? [];
      if (startingPoint === undefined || left.length === startingPoint.lookAgain.length) {
        throw new Failure(
          'usage',
          `The list of the connection "${row.name}" has no such entry. Show the connection to see it.`,
        );
      }
      update(row, { ...profile, startingPoint: { ...startingPoint, lookAgain: left } });
      return { left: left.length };
    },
    'connections.resources': async ({ name }) => {
      const row = find(name);
      const profile = profileOf(row);
      const kept = keptKnowledge(ledger, row.id);
      if (kept === undefined) {
        throw new Failure('usage', `The API of "${row.name}" is not known yet: test the connection first.`);
      }
      const discovery = kept.discovery ?? {};
      const all = { ...choicesOf(profile), isOff: () => false };
      const { compiled } = await compileChosen({ discovery, model: kept.model, ...all });
      return groupResources(kept.model, new Set(compiled.resources.map((resource) => resource.name)), profile.off);
    },
    'connections.rotate': async (given) => {
      const row = find(given.name);
      const { secretFile: oldFile, ...before } = profileOf(row);
      const secretFile = given.secretFile ?? (given.secret === undefined ? oldFile : undefined);
      const oldSlot = slotOf(row, { ...before, secretFile: oldFile });
      const slot = SLOTS.find((one) => one !== oldSlot) as string;
      const profile = parseProfile({
        ...before,
        key: given.key,
        keySince: now(),
        secretSlot: slot,
        ...fileAt('secretFile', secretFile),
      });
      const secret = givenSecret(given.secret, profile);
      const result = given.test ? await runTest(profile, async () => secret, { upTo: 'key' }) : NOT_TESTED;
      refuseFailed(result.steps);
      input.refuseWhileRunning();
      const notices: Notice[] = given.test ? compareKeys(keptKeyInfo(row.id)?.info, result.key) : [];
      if (profile.secretFile !== undefined && readSecretFile(profile.secretFile) !== secret) {
        notices.push({
          code: 'secret-file-differs',
          sentence: `The file with the secret (${path.basename(profile.secretFile)}) has another one than was tested: write the new secret into it before the next sync.`,
        });
      }
      const secretKept = keychain !== undefined && profile.secretFile === undefined;
      // First the new secret, then the profile that names it, then the old one goes: whatever happens between, one works.
      if (secretKept) await keychain.set(secretName(row.id, slot), secret);
      update(row, profile);
      await keychain?.remove(secretName(row.id, oldSlot));
      keepResult(row.id, result);
      return savedView(
        row.id,
        result.steps,
        [...notices, ...sharedKey(profile, row.id), ...keptNotice(profile)],
        secretKept,
      );
    },
    'connections.keyInfo': async ({ name }) => keptKeyInfo(find(name).id) ?? null,
    'connections.removal': async ({ name }) => removalOf(find(name)),
    'connections.remove': async ({ name }) => {
      const row = find(name);
      input.refuseWhileRunning();
      const gone = removalOf(row);
      const slots = new Set([slotOf(row, profileOf(row)), ...SLOTS]);
      // The connection last: killed before, it is removed once more; and no other finds its rows or secret under its number.
      removeSealedOf(input.folder, row.id);
      for (const slot of slots) await keychain?.remove(secretName(row.id, slot));
      ledger.transaction(() => {
        ledger.removeConnection(row.id);
        input.copies.forget();
      });
      ledger.compact();
      await input.copies.renew();
      return gone;
    },
    'connections.export': async ({ name }) => {
      const row = find(name);
      const profile = profileOf(row);
      const mapping = profile.mapping === undefined ? undefined : path.basename(profile.mapping);
      return exportConnection(row.name, profile, ledger.descriptorMap(row.id), mapping);
    },
    'connections.import': async (given) => {
      const document = readExport(given.document);
      const name = given.name ?? document.name;
      const existing = ledger.connections().find((row) => row.name.toLowerCase() === name.toLowerCase());
      const choices = {
        url: document.url,
        studentId: document.studentId,
        settings: document.settings,
        vanished: document.vanished,
        routeValues: document.routeValues,
        ca: certificatesIn(document.ca),
        off: document.off,
        ...fileAt('mapping', given.mapping),
      };
      const notices: Notice[] =
        document.mapping === undefined || given.mapping !== undefined
          ? []
          : [
              {
                code: 'mapping-not-imported',
                sentence:
                  'The connection had a mapping file of its own, which is not in the export: the shipped one is used until you give it.',
              },
            ];
      if (existing === undefined) {
        if (given.key === undefined) {
          throw new Failure('usage', 'The export has no key and no secret: give those of the new connection.');
        }
        const profile = parseProfile({
          ...choices,
          key: given.key,
          keySince: now(),
          ...fileAt('secretFile', given.secretFile),
        });
        const added = await addNew(name, profile, given.secret, given.test, document.descriptors);
        const saved = savedView(added.row.id, added.result.steps, [...notices, ...added.notices], added.secretKept);
        return { ...saved, replaced: [] };
      }
      const before = profileOf(existing);
      const replaced = describeReplaced(before, ledger.descriptorMap(existing.id), document);
      if (!given.replace) {
        throw new Failure(
          'connection-exists',
          `There is a connection "${existing.name}" already. ${replaced.length === 0 ? 'It has the same choices.' : `The import would replace: ${replaced.join(' ')}`} Import it under another name, or have it replaced.`,
        );
      }
      const { mapping: _mapping, ...kept } = before;
      const profile = parseProfile({ ...kept, ...choices });
      await checkChoices(profile);
      // A file from somebody else must not lead a kept secret to an address, or past a certificate, of its own choosing.
      if (hostOf(profile.url) !== hostOf(before.url) || profile.ca.join('\n') !== before.ca.join('\n')) {
        throw new Failure(
          'usage',
          `The file is for another address (${hostOf(profile.url)}), or trusts other certificates, than the connection "${existing.name}". Import it under another name, with its own key and secret.`,
        );
      }
      const alsoTypes = [...new Set(document.descriptors.map(({ type }) => type))];
      const result = given.test ? await runTest(profile, () => secretOf(existing, before), { alsoTypes }) : NOT_TESTED;
      refuseFailed(result.steps);
      input.refuseWhileRunning();
      ledger.transaction(() => {
        ledger.updateConnection(existing.id, existing.name, JSON.stringify(profile));
        ledger.clearDescriptorMap(existing.id);
        for (const { type, code, uri } of document.descriptors) ledger.mapDescriptor(existing.id, type, code, uri);
      });
      keepResult(existing.id, result);
      const moved = profile.url === before.url ? [] : addressNotice(ledger.confirmedCount(existing.id));
      const saved = savedView(
        existing.id,
        result.steps,
        [...notices, ...moved, ...sharedKey(profile, existing.id)],
        placeOfSecret(profile) === 'keychain',
      );
      return { ...saved, replaced };
    },
  };

  return {
    handlers,
    keyInfo: (id) => keptKeyInfo(id)?.info,
    find,
    profileOf,
    clientOf: (row, signal, onEvent) => {
      const profile = profileOf(row);
      const options = clientOptions(profile, () => secretOf(row, profile), signal);
      return createClient(onEvent === undefined ? options : { ...options, onEvent });
    },
    compareWhereNew,
    updateProfile: (row, profile) => {
      input.refuseWhileRunning();
      update(row, profile);
    },
    hasSecret: (row) => input.secret !== undefined || placeOfSecret(profileOf(row)) !== 'nowhere',
    stop: () => {
      for (const controller of tests) controller.abort();
    },
  };
}

/** Secrets of a key and the next, in turn: what a killed process left in the other is written over by the next rotation. */
const SLOTS = ['one', 'two'] as const;

/** What the API told of the key, among what is kept of a connection. */
const KEY_INFO = 'key info';

const copyOf = (folder: string, id: number): string => path.join(folder, 'sources', `${id}.rows`);

const keptDiscovery = (ledger: Ledger, id: number): Discovery | undefined => {
  const kept = ledger.cached(id, 'discovery');
  return kept === undefined ? undefined : (JSON.parse(kept.text) as Discovery);
};

const choicesOf = (profile: Profile) => ({
  mappingFile: profile.mapping,
  settings: { ...profile.settings, studentId: profile.studentId },
  isOff: (resource: string): boolean => isOff(profile.off, resource),
});

const fileAt = <N extends string>(name: N, file: string | undefined): { readonly [name in N]?: string } =>
  (file === undefined ? {} : { [name]: path.resolve(file) }) as { readonly [name in N]?: string };

/** @throws Failure `usage` */
function parseProfile(values: object): Profile {
  const profile = profileSchema.safeParse(values);
  if (profile.success) return profile.data;
  const issue = profile.error.issues[0];
  const place = issue?.path[0] === 'off' ? 'what is switched off' : (issue?.path.join('.') ?? 'the connection');
  const told = issue?.path[0] === 'studentId' || issue?.path[0] === 'off';
  throw new Failure('usage', `The value for ${place} ${told ? `has to be ${issue.message}` : 'cannot be taken'}.`);
}

/** A name that no resource answers to would switch nothing off. What was there before stays: the API may have changed. */
function refuseUnknownOff(ledger: Ledger, id: number, off: readonly string[], before: readonly string[]): void {
  const model = keptKnowledge(ledger, id)?.model;
  const unknown = model === undefined ? [] : unknownSelectors(off, model).filter((one) => !before.includes(one));
  if (unknown.length === 0) return;
  throw new Failure(
    'usage',
    `The API has no resource ${unknown.join(', ')}. Take names as the API has them, like ed-fi/sections.`,
  );
}

function addressNotice(records: number): Notice[] {
  if (records === 0) return [];
  return [
    {
      code: 'address-changed',
      sentence: `The ledger still takes ${records} records for sent to this connection. If the new address is another API, or another year, undo this and clone the connection instead.`,
    },
  ];
}

function givenAnew(
  { entry }: LookAgainView,
  given: { readonly url?: unknown; readonly routeValues?: unknown },
): boolean {
  if (entry === 'year:url') return given.url !== undefined;
  return entry.startsWith('year:route:') && given.routeValues !== undefined;
}

/** @throws Failure `secret-missing` */
function readSecretFile(file: string): string {
  let secret: string;
  try {
    secret = readFileSync(file, 'utf8').trim();
  } catch {
    throw new Failure(
      'secret-missing',
      `The file with the secret (${path.basename(file)}) cannot be read. Check that it is there and that your account may read it, or add the connection again.`,
    );
  }
  if (secret === '') throw new Failure('secret-missing', `The file with the secret (${path.basename(file)}) is empty.`);
  return secret;
}
