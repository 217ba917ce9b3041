/** Whether the long forms of tests run: `npm test -- --nightly`. */
export const IS_NIGHTLY = process.env['SVODKA_TEST_NIGHTLY'] === '1';
