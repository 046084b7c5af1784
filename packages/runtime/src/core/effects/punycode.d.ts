// The library has no types of its own. Its file is named, since its bare name is that of a module of Node.
declare module "punycode/punycode.js" {
  const punycode: {
    /** A label's letters in ASCII, without the `xn--`. Throws RangeError on what can't be written so. */
    readonly encode: (label: string) => string;
  };
  export default punycode;
}
