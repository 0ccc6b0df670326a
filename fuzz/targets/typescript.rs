#![no_main]

// In a `.tsx` file `<T>x` is an element, in a `.ts` file a cast: two grammars for one text.
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    ssot_guard::fuzzing::file("a.ts", bytes);
    ssot_guard::fuzzing::file("a.tsx", bytes);
});
