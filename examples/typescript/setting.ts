/** A setting from the environment, which must be there. */
export function setting(name: string): string {
  const value = process.env[name];
  if (value === undefined || value === '') throw new Error(`${name} must be set: see README.md`);
  return value;
}
