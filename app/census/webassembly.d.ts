declare global {
  /** What is used of WebAssembly: the compiler has its types only together with those of a browser. */
  namespace WebAssembly {
    class Module {
      constructor(bytes: Uint8Array);
    }
    class Instance {
      constructor(module: Module);
      readonly exports: unknown;
    }
    class Memory {
      readonly buffer: ArrayBuffer;
    }
    function validate(bytes: Uint8Array): boolean;
  }
}

export {};
