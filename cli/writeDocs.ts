/** `npm run docs`: writes the pages that are made from the code. A test holds the committed ones against it. */
import { mkdirSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { renderRulePage } from '../topology/render/ruleReference';
import { CODES } from '../topology/rules/index';
import { CHECKOUT } from './checkout';

const folder = path.join(CHECKOUT, 'docs');
mkdirSync(folder, { recursive: true });
writeFileSync(path.join(folder, 'rules.md'), renderRulePage(CODES));
