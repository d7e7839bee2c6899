# Your machine's own, in the place of this.
{
  nixpkgs.hostPlatform = "x86_64-linux";
  boot.isContainer = true;
  system.stateVersion = "26.05";
}
