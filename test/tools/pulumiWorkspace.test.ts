import * as fs from 'node:fs';
import * as path from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { missingEngine, PulumiWorkspace } from '../rigs/pulumi';
import { CHECKOUT, temporaryFolder } from './helpers';

const missing = missingEngine();

it.skipIf(missing !== undefined)(`plain pulumi runs in a workspace of its own${missing ?? ''}`, async () => {
  const project = temporaryFolder();
  fs.writeFileSync(path.join(project, 'Pulumi.yaml'), 'name: sample\nruntime: nodejs\n');
  fs.writeFileSync(path.join(project, 'package.json'), '{"main": "index.js"}');
  fs.writeFileSync(
    path.join(project, 'index.js'),
    `const pulumi = require('@pulumi/pulumi');
     const config = new pulumi.Config();
     exports.greeting = config.requireObject('words').join(' ');
     exports.hidden = pulumi.secret('not to be seen');`,
  );
  fs.symlinkSync(path.join(CHECKOUT, 'node_modules'), path.join(project, 'node_modules'));
  const workspace = new PulumiWorkspace({ stack: 'tried', projectFolder: project });
  onTestFinished(() => {
    workspace.dispose();
  });
  expect(await workspace.init()).toMatchObject({ exitCode: 0 });
  workspace.setConfig({ words: ['hello', 'there'] }, 'sample');
  const up = await workspace.up();
  expect(up.output).toContain('hello there');
  expect(up.exitCode).toBe(0);
  expect(await workspace.outputs()).toEqual({ greeting: 'hello there', hidden: 'not to be seen' });
  expect(workspace.stateText()).toContain('hello there');
  expect(workspace.stateText()).not.toContain('not to be seen');
  expect(await workspace.preview('--expect-no-changes')).toMatchObject({ exitCode: 0 });
  expect(await workspace.destroy()).toMatchObject({ exitCode: 0 });
  expect(fs.readdirSync(project).sort()).toEqual(['Pulumi.yaml', 'index.js', 'node_modules', 'package.json']);
});
