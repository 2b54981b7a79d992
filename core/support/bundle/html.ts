/** The page that a support person opens: one file, offline, nothing to run. */
import { timelineChart, trendChart } from './chart.ts';
import type { BatchView, BundleView, ConnectionView, EnvironmentView, GroupView } from './content.ts';
import { OPERATIONS } from './input.ts';
import type { Bucketed } from './kinds.ts';
import { type Html, html, NOTHING } from './markup.ts';
import { grouped, shownCount, shownDuration, shownMegabytes, shownTime } from './numbers.ts';
import { TEXT, WHO } from './page-text.ts';
import { POLICY, STYLE } from './style.ts';

/** So many batches of a connection are shown; all are in batches.json. */
const SHOWN_BATCHES = 24;

const SECTIONS = [
  ['problems', TEXT.problems],
  ['timeline', TEXT.timeline],
  ['connections', TEXT.connections],
  ['environment', TEXT.environment],
  ['left-out', TEXT.leftOut],
] as const;

const time = (iso: string): Html => html`<time datetime="${iso}">${shownTime(iso)}</time>`;
const number = (count: Bucketed): Html =>
  count === 0 ? html`<td class="num nil">0</td>` : html`<td class="num">${shownCount(count)}</td>`;
const headers = (names: readonly (readonly [string, 'num' | 'col'])[]): Html =>
  html`<thead><tr>${names.map(([name, kind]) => (kind === 'num' ? html`<th scope="col" class="num">${name}</th>` : html`<th scope="col">${name}</th>`))}</tr></thead>
`;
/** A table that may be wider than the window scrolls by itself, by keyboard too. */
const wide = (label: string, table: Html): Html =>
  html`<div class="wide" role="region" tabindex="0" aria-label="${label}">${table}</div>
`;
const fact = (name: string, value: Html | string): Html => html`<div><dt>${name}</dt><dd>${value}</dd></div>
`;
const longFact = (
  name: string,
  value: Html | string,
): Html => html`<div class="long"><dt>${name}</dt><dd>${value}</dd></div>
`;
const chips = (words: readonly string[]): Html =>
  words.length === 0
    ? html`<span class="nil">${TEXT.none}</span>`
    : html`${words.map((word) => html`<span class="chip">${word}</span>`)}`;

/** A long name may go on in the next line after a stroke or a dot. */
const breakable = (name: string): Html =>
  html`${name.split(/(?<=[/.])/).map((part, index) => (index === 0 ? html`${part}` : html`<wbr>${part}`))}`;

const toneOf = (status: GroupView['status']): string => {
  switch (status) {
    case 'new':
    case 'regressed':
      return 'chip bad';
    case 'ongoing':
      return 'chip warn';
    case 'resolved':
    case 'fixed':
      return 'chip good';
    case 'ignored':
      return 'chip';
  }
};

const toneOfBatch = (state: BatchView['state']): string => {
  switch (state) {
    case 'done':
      return 'chip good';
    case 'stopped':
      return 'chip bad';
    case 'waiting':
      return 'chip warn';
    case 'planning':
    case 'sending':
      return 'chip';
  }
};

const isOpen = ({ status }: GroupView): boolean => status !== 'resolved' && status !== 'fixed' && status !== 'ignored';

const groupRow = (group: GroupView): Html => html`<tr><th scope="row" class="num">${grouped(group.rank)}</th>
<td><span class="${toneOf(group.status)}">${group.status}</span></td>
<td class="what"><strong>${group.title}</strong><span class="sub"><code>${group.code}</code></span>${group.httpStatus === null ? NOTHING : html`<span class="sub">${TEXT.http} ${group.httpStatus}</span>`}<span class="sub"><code class="keep">${group.reference}</code></span>${group.retryHelps ? html`<span class="sub">${TEXT.retry}</span>` : NOTHING}</td>
<td class="place"><code>${breakable(group.resource)}</code>${group.path === null ? NOTHING : html`<span class="sub"><code>${breakable(group.path)}</code></span>`}${group.subject === null ? NOTHING : html`<span class="sub"><code>${group.subject}</code></span>`}<span class="sub">${TEXT.connection} ${group.connection}</span></td>
<td>${WHO[group.who] ?? TEXT.unknown}</td>
${number(group.records)}${number(group.held)}
<td>${group.trend.length === 0 ? html`<span class="nil">${TEXT.none}</span>` : trendChart(group.trend)}</td>
<td class="when">${time(group.firstSeen)}<span class="sub">${time(group.lastSeen)}</span></td>
<td>${group.examples.length === 0 ? html`<span class="nil">${TEXT.none}</span>` : html`<span class="refs">${group.examples.map((example) => html`<code class="keep">${example}</code>`)}</span>`}</td></tr>
`;

const problems = (groups: readonly GroupView[]): Html =>
  groups.length === 0
    ? html`<p class="card">${TEXT.problemsNone}</p>
`
    : wide(
        TEXT.problemsCaption,
        html`<table><caption>${TEXT.problemsCaption}</caption>${headers([
          [TEXT.rank, 'num'],
          [TEXT.status, 'col'],
          [TEXT.problem, 'col'],
          [TEXT.where, 'col'],
          [TEXT.who, 'col'],
          [TEXT.records, 'num'],
          [TEXT.held, 'num'],
          [TEXT.trend, 'col'],
          [TEXT.seen, 'col'],
          [TEXT.examples, 'col'],
        ])}<tbody>
${groups.map(groupRow)}</tbody></table>`,
      );

const OUTCOMES = [
  'read',
  'created',
  'updated',
  'deleted',
  'unchanged',
  'rejected',
  'held',
  'failed',
  'skipped',
] as const;

const batchRow = (batch: BatchView): Html => {
  const { account, requests, timings } = batch;
  const all = requests === null ? null : requests.POST + requests.PUT + requests.DELETE + requests.GET + requests.token;
  return html`<tr><th scope="row" class="num">${grouped(batch.batch)}</th><td class="keep">${time(batch.startedAt)}<span class="sub">${batch.kind}${batch.reference === null ? NOTHING : html` <code>${batch.reference}</code>`}</span></td>
<td><span class="${toneOfBatch(batch.state)}">${batch.state}</span>${batch.stoppedBy === null ? NOTHING : html`<span class="sub"><code>${batch.stoppedBy}</code></span>`}${account === null || account.balanced ? NOTHING : html`<span class="sub">${TEXT.notBalanced}</span>`}</td>
${OUTCOMES.map((name) => (account === null ? html`<td class="num nil">${TEXT.none}</td>` : number(account[name])))}
${all === null ? html`<td class="num nil">${TEXT.none}</td>` : html`<td class="num">${grouped(all)}${(requests?.retries ?? 0) === 0 ? NOTHING : html`<span class="sub">${TEXT.retries} ${grouped(requests?.retries ?? 0)}</span>`}</td>`}
<td class="num">${timings.totalMs === null ? html`<span class="nil">${batch.endedAt === null ? TEXT.running : TEXT.unknown}</span>` : shownDuration(timings.totalMs)}${timings.latencyP50Ms === null || timings.latencyP95Ms === null ? NOTHING : html`<span class="sub">${shownDuration(timings.latencyP50Ms)}, ${shownDuration(timings.latencyP95Ms)}</span>`}</td></tr>
`;
};

const timeline = (view: BundleView): Html => {
  const labels = [...new Set(view.batches.map(({ connection }) => connection))];
  if (labels.length === 0)
    return html`<p class="card">${TEXT.timelineNone}</p>
`;
  return html`${labels.map((label) => {
    const all = view.batches.filter(({ connection }) => connection === label);
    const batches = all.slice(-SHOWN_BATCHES);
    return html`<div class="card"><h3>${TEXT.connection} ${label}</h3>
${timelineChart(batches)}${wide(
  `${TEXT.batchesCaption}, ${TEXT.connection} ${label}`,
  html`<table><caption>${TEXT.batchesCaption}${all.length > batches.length ? html`. ${TEXT.olderBatches}` : NOTHING}</caption>${headers(
    [
      [TEXT.batch, 'num'],
      [TEXT.started, 'col'],
      [TEXT.state, 'col'],
      ...OUTCOMES.map((name) => [TEXT[name], 'num'] as const),
      [TEXT.requests, 'num'],
      [TEXT.took, 'num'],
    ],
  )}<tbody>
${batches.toReversed().map(batchRow)}</tbody></table>`,
)}</div>
`;
  })}`;
};

const permissions = ({ label, permissions: list }: ConnectionView): Html => {
  if (list === null)
    return html`<p class="note">${TEXT.permissionsUntold}</p>
`;
  return html`<details><summary>${TEXT.permissions} (${grouped(list.length)})</summary>
${wide(
  `${TEXT.permissions}, ${TEXT.connection} ${label}`,
  html`<table><caption>${TEXT.permissionsCaption}</caption>${headers([
    [TEXT.resource, 'col'],
    ...OPERATIONS.map((operation) => [TEXT[operation === 'read' ? 'op-read' : operation], 'col'] as const),
  ])}<tbody>
${list.map(
  ({ resource, operations }) =>
    html`<tr><th scope="row"><code>${resource}</code></th>${OPERATIONS.map((operation) => (operations.includes(operation) ? html`<td>${TEXT.yes}</td>` : html`<td class="nil">${TEXT.no}</td>`))}</tr>
`,
)}</tbody></table>`,
)}</details>
`;
};

const connectionCard = (
  connection: ConnectionView,
): Html => html`<div class="card"><h3>${TEXT.connection} ${connection.label}</h3>
<dl>
${fact(TEXT.apiVersion, connection.apiVersion ?? TEXT.unknown)}${fact(TEXT.dataStandard, connection.dataStandard ?? TEXT.unknown)}${fact(
  TEXT.extensions,
  chips(
    connection.extensions.map(
      ({ name, version }) => `${name ?? TEXT.unnamedExtension}${version === null ? '' : ` ${version}`}`,
    ),
  ),
)}${fact(TEXT.claimSet, connection.claimSet)}${fact(TEXT.confirmedRecords, shownCount(connection.records))}${fact(TEXT.organizations, grouped(connection.educationOrganizations))}${fact(TEXT.namespaces, grouped(connection.namespaces))}${fact(TEXT.profiles, grouped(connection.profiles))}${fact(TEXT.mapping, connection.mapping)}${fact(TEXT.descriptorMappings, grouped(connection.descriptorMappings))}${fact(TEXT.vanished, connection.vanished)}${fact(TEXT.keySince, connection.keySince === null ? TEXT.unknown : time(connection.keySince))}${fact(TEXT.specificationAt, connection.specificationAt === null ? TEXT.unknown : time(connection.specificationAt))}${longFact(TEXT.traits, chips(connection.traits))}${longFact(TEXT.resourcesOff, chips(connection.resourcesOff))}</dl>
${permissions(connection)}</div>
`;

const environment = ({ ledger, settings, ...machine }: EnvironmentView): Html => html`<div class="card"><dl>
${fact(TEXT.rollbook, machine.rollbook ?? TEXT.unknown)}${fact(TEXT.node, machine.node ?? TEXT.unknown)}${fact(TEXT.electron, machine.electron ?? TEXT.none)}${fact(TEXT.host, machine.host)}${fact(TEXT.system, `${machine.platform} ${machine.osMajor}, ${machine.arch}`)}${fact(TEXT.processors, grouped(machine.cores))}${fact(TEXT.memory, `${grouped(machine.memoryGb)} ${TEXT.gigabytes}`)}${fact(TEXT.ledgerSchema, grouped(ledger.schemaVersion))}${fact(TEXT.ledgerSize, shownMegabytes(ledger.megabytes))}${fact(TEXT.ledgerRecords, shownCount(ledger.records))}${fact(TEXT.openProblems, shownCount(ledger.openProblems))}${fact(TEXT.concurrency, typeof settings.concurrency === 'number' ? grouped(settings.concurrency) : settings.concurrency)}${fact(TEXT.patience, shownDuration(settings.patienceSeconds * 1_000))}${fact(TEXT.retention, `${grouped(settings.retentionDays)} ${TEXT.days}`)}${fact(TEXT.secrets, settings.secrets)}</dl></div>
`;

const leftOut = ({ drops }: BundleView): Html =>
  wide(
    TEXT.leftOutCaption,
    html`<table><caption>${TEXT.leftOutCaption}</caption>${headers([
      [TEXT.what, 'col'],
      [TEXT.count, 'num'],
    ])}<tbody>
${(
  [
    [TEXT.dropEvents, drops.events],
    [TEXT.dropSink, drops.eventsBySink],
    [TEXT.dropGroups, drops.groups],
    [TEXT.dropBatches, drops.batches],
    [TEXT.dropConnections, drops.connections],
    [TEXT.dropNames, drops.names],
  ] as const
).map(
  ([name, count]) => html`<tr><th scope="row">${name}</th>${number(count)}</tr>
`,
)}</tbody></table>`,
  );

const tile = (
  figure: string,
  words: string,
): Html => html`<li class="tile"><strong>${figure}</strong><span>${words}</span></li>
`;

/** Takes what the bundle holds; gives the page, UTF-8 text with every value escaped. */
export function renderPage(view: BundleView): string {
  const { drops } = view;
  const dropped = drops.events + drops.eventsBySink + drops.groups + drops.batches + drops.connections + drops.names;
  const page = html`<body>
<a class="skip" href="#problems">${TEXT.skip}</a>
<header class="top"><div class="in"><h1>${TEXT.title}</h1>
<p>${TEXT.made} ${time(view.madeAt)}, ${TEXT.rollbook} ${view.environment.rollbook ?? TEXT.unknown}</p>
<nav aria-label="${TEXT.sections}"><ul>${SECTIONS.map(([id, name]) => html`<li><a href="#${id}">${name}</a></li>`)}</ul></nav></div></header>
<main class="in">
<section aria-labelledby="summary"><h2 id="summary">${TEXT.summary}</h2>
<ul class="tiles">
${tile(grouped(view.groups.filter(isOpen).length), TEXT.openGroups)}${tile(shownCount(view.blocked), TEXT.blockedRecords)}${tile(grouped(view.connections.length), TEXT.connectionsTile)}${tile(grouped(view.batches.length), TEXT.batchesTile)}${tile(grouped(view.events), TEXT.eventsTile)}${tile(grouped(dropped), TEXT.droppedTile)}</ul></section>
<section aria-labelledby="problems"><h2 id="problems">${TEXT.problems}</h2>
${problems(view.groups)}</section>
<section aria-labelledby="timeline"><h2 id="timeline">${TEXT.timeline}</h2>
${timeline(view)}</section>
<section aria-labelledby="connections"><h2 id="connections">${TEXT.connections}</h2>
${view.connections.length === 0 ? html`<p class="card">${TEXT.connectionsNone}</p>` : html`${view.connections.map(connectionCard)}`}</section>
<section aria-labelledby="environment"><h2 id="environment">${TEXT.environment}</h2>
${environment(view.environment)}</section>
<section aria-labelledby="left-out"><h2 id="left-out">${TEXT.leftOut}</h2>
${leftOut(view)}</section>
</main>
<footer class="in"><p class="note">${TEXT.about}</p></footer>
</body>`;
  // The style sheet stands in the page byte for byte as the policy's hash has it: it is not a value.
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<meta name="referrer" content="no-referrer">
<title>${TEXT.title}</title>
<style>${STYLE}</style>
</head>
${page.markup}
</html>
`;
}
