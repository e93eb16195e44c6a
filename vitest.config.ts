import { defineConfig } from 'vitest/config'

/** One project for the whole repository; the tests of a folder run with `npx vitest run <folder>`. */
export default defineConfig({
  test: {
    include: ['*/src/**/*.test.ts', 'test/**/*.test.ts'],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    pool: 'forks',
    // tests wait for processes more than they compute
    maxWorkers: 4,
    coverage: {
      provider: 'v8',
      include: ['*/src/**/*.ts'],
      exclude: ['**/*.test.ts'],
      reporter: ['text-summary', 'html'],
    },
  },
})
