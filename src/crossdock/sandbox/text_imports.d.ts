declare module "*.css" {
  const text: string;
  export default text;
}

declare module "@segment/snippet" {
  export function min(options: { apiKey: string; host: string; page?: boolean }): string;
}
