import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

export default defineConfig({
  plugins: [react()],
  server: {
    // The page and the API have one origin, as the server demands, and so need no CORS.
    proxy: {
      '/graphql': {
        target: process.env.DOVETAIL_URL ?? 'http://127.0.0.1:8000',
        changeOrigin: true,
        ws: true,
        // A WebSocket says which page opens it.
        rewriteWsOrigin: true,
      },
    },
  },
});
