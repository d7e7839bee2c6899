/**
  The shim's package, of the binary that `scripts/build` leaves in `target/release`, made to run where there is no
  /usr.

  # Example

  ```nix
  import ../../nix/lib { inherit pkgs; shim = import ./shim.nix pkgs; }
  ```
*/
pkgs:

(import ../prebuiltShim.nix pkgs).overrideAttrs {
  nativeBuildInputs = [ pkgs.patchelf ];
  postFixup = ''
    patchelf --set-interpreter ${pkgs.glibc}/lib/ld-linux-x86-64.so.2 --set-rpath ${pkgs.glibc}/lib $out/bin/nix-sccache-shim
  '';
}
