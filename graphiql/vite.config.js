import { readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync } from 'node:zlib';
import { defineConfig } from 'vite';

/** Replaces what is served under hashed names by itself compressed with Brotli: that is what the server embeds and sends. */
function precompress() {
  let folder;
  return {
    name: 'precompress',
    apply: 'build',
    configResolved({ build }) {
      folder = join(build.outDir, build.assetsDir);
    },
    closeBundle() {
      for (const name of readdirSync(folder)) {
        const file = join(folder, name);
        writeFileSync(`${file}.br`, brotliCompressSync(readFileSync(file)));
        rmSync(file);
      }
    },
  };
}

export default defineConfig({
  // Relative, so that the page works under any path of a proxy.
  base: './',
  build: {
    assetsDir: 'graphiql',
    assetsInlineLimit: 0,
    target: 'es2022',
    emptyOutDir: true,
    reportCompressedSize: false,
  },
  plugins: [precompress()],
  // `npm run dev` serves the page's sources, and asks a server that runs already.
  server: {
    proxy: { '/graphql': { target: process.env.DOVETAIL_URL ?? 'http://127.0.0.1:8000', changeOrigin: true } },
  },
});
