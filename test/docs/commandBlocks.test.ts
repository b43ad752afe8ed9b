/** The command blocks that need no broker, typed as they stand. That each block is typed is for test/structure to see. */
import { describe, it } from 'vitest';
import { PageFolder } from './folder';
import { commandBlocks, nameOf, writtenPages } from './pages';
import { SCENES } from './scenes';

describe('typed as they stand', () => {
  const typed = writtenPages()
    .flatMap(commandBlocks)
    .filter((block) => SCENES[nameOf(block)] !== undefined);

  it.each(typed.map((block) => [nameOf(block), block] as const))('%s', async (name, block) => {
    const folder = new PageFolder();
    try {
      const scene = SCENES[name];
      await scene?.before?.(folder);
      await folder.follow(block, scene);
      scene?.after?.(folder);
    } finally {
      folder.dispose();
    }
  });
});
