/** `npm run docs`: writes what is made from the code. Tests hold what is committed against it. */
import { mkdirSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { overlaySchema } from '../topology/render/overlaySchema';
import { renderPolicyPage } from '../topology/render/policyPage';
import { renderRulePage } from '../topology/render/ruleReference';
import { renderTopologyPage } from '../topology/render/topologyPage';
import { CODES } from '../topology/rules/index';
import schema from '../topology/schema.json';
import { CHECKOUT } from './checkout';
import { renderCommandPage } from './commandPage';
import { EXIT_CODE_MEANINGS } from './exitCodes';
import { buildProgram } from './main';
import { renderWorkerModule, WORKER_MODULES, workerModulePath } from './workerModules';

const folder = path.join(CHECKOUT, 'docs');
mkdirSync(folder, { recursive: true });
writeFileSync(path.join(folder, 'rules.md'), renderRulePage(CODES));
writeFileSync(path.join(folder, 'policy.md'), renderPolicyPage());
writeFileSync(path.join(folder, 'topology.md'), renderTopologyPage(schema));
const program = buildProgram(() => undefined);
writeFileSync(path.join(folder, 'commands.md'), renderCommandPage(program, EXIT_CODE_MEANINGS));
writeFileSync(
  path.join(CHECKOUT, 'topology/overlay.schema.json'),
  `${JSON.stringify(overlaySchema(schema), null, 2)}\n`,
);
for (const module of WORKER_MODULES) writeFileSync(workerModulePath(module), renderWorkerModule(module));
