import { transformAsync } from '@babel/core';
import { defineConfig } from 'vitest/config';

/** Puts what relay-compiler generated in the place of each graphql`…`. */
const relay = {
  name: 'relay',
  enforce: 'pre',
  transform(code, filename) {
    if (!/\.tsx$/.test(filename)) return null;
    const parserOpts = { plugins: ['typescript', 'jsx'] };
    return transformAsync(code, {
      filename,
      parserOpts,
      plugins: ['relay'],
      babelrc: false,
      configFile: false,
      sourceMaps: true,
    });
  },
};

export default defineConfig({
  plugins: [relay],
  // The page is the server's own: happy-dom asks another origin as a browser would, with CORS.
  test: {
    globals: true,
    testTimeout: 30_000,
    environment: 'happy-dom',
    environmentOptions: { happyDOM: { url: process.env.DOVETAIL_URL } },
  },
});
