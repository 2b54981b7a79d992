/** The connection test: named steps in order, each with what was found and, where it went wrong, what to do. */
import type { TestStep } from '../contract/schemas.ts';
import type { EdFiClient } from '../edfi/client.ts';
import { dependencyOrder } from '../edfi/dependencies.ts';
import { parseSpecification } from '../edfi/specification.ts';
import { isFailure } from '../errors/failure.ts';

/**
 * @param client for the values to be tested, saved or not
 * @returns the steps up to the first that failed; a step that only warns does not stop the test
 */
export async function testConnection(client: EdFiClient): Promise<TestStep[]> {
  const steps: TestStep[] = [];
  const work: [string, () => Promise<Finding>][] = [
    ['address', () => address(client)],
    ['credentials', () => credentials(client)],
    ['permissions', () => permissions(client)],
    ['specification', () => specification(client)],
  ];
  for (const [step, find] of work) {
    try {
      const { state = 'passed', sentence } = await find();
      steps.push({ step, state, sentence });
      if (state === 'failed') break;
    } catch (thrown) {
      if (!isFailure(thrown)) throw thrown;
      steps.push({ step, state: 'failed', sentence: thrown.message, code: thrown.code });
      break;
    }
  }
  return steps;
}

interface Finding {
  readonly state?: TestStep['state'];
  readonly sentence: string;
}

async function address(client: EdFiClient): Promise<Finding> {
  const { version, dataModels, placeholders, encrypted } = await client.discovery();
  if (placeholders.length > 0) {
    return {
      state: 'failed',
      sentence: `The API's addresses leave open: ${placeholders.join(', ')}. Give each a value with --route NAME=VALUE.`,
    };
  }
  const models = dataModels.map((model) => `${model.name} ${model.version}`).join(', ');
  const sentence = `An Ed-Fi API${version === undefined ? '' : ` ${version}`}${models === '' ? '' : ` with ${models}`}.`;
  return encrypted ? { sentence } : { state: 'warned', sentence: `${sentence} The address is not encrypted (http).` };
}

async function credentials(client: EdFiClient): Promise<Finding> {
  await client.signIn();
  return { sentence: 'Key and secret are accepted.' };
}

async function permissions(client: EdFiClient): Promise<Finding> {
  const info = await client.tokenInfo();
  if (info === undefined) return { state: 'warned', sentence: 'The API does not tell what the key may do.' };
  const organizations = info.educationOrganizations.length;
  return {
    sentence: `The key is for ${organizations} education organization${organizations === 1 ? '' : 's'}${info.claimSet === undefined ? '' : `, claim set ${info.claimSet}`}.`,
  };
}

async function specification(client: EdFiClient): Promise<Finding> {
  const model = parseSpecification(await client.openApi('resources'), await client.openApi('descriptors'));
  const { derived } = dependencyOrder(await client.dependencies(), model);
  const count = Object.keys(model.resources).length;
  return derived
    ? { state: 'warned', sentence: `${count} resources; their order is worked out here, since the API gives none.` }
    : { sentence: `${count} resources, and their order.` };
}
