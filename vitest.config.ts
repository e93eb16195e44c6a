import { defineConfig } from 'vitest/config'

/** One project for the whole repository; the tests of a folder run with `npx vitest run <folder>`. */
export default defineConfig({
  test: {
    include: ['*/src/**/*.test.ts', 'local-cloud/conformance/*.test.ts', 'test/**/*.test.ts'],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    pool: 'forks',
    // tests wait for processes more than they compute
    maxWorkers: 4,
    // half the processor time of a run went into loading the same modules for each file; a test that needs
    // its own state makes it, and gives timers and environment back
    isolate: false,
    experimental: { viteModuleRunner: false },
    coverage: {
      provider: 'v8',
      include: ['*/src/**/*.ts'],
      exclude: ['**/*.test.ts'],
      reporter: ['text-summary', 'html'],
    },
  },
})
