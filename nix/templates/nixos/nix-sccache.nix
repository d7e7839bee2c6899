# The daemon, the gateway in front of it, the plugin, and the settings of Nix that have builds reach
# the cache.
{
  services.nix-sccache = {
    enable = true;
    disk.size = "50G";

    # Machines share a cache by a Redis or a bucket behind the directory.
    # redis.endpoint = "redis://cache.example:6379";
    # s3 = {
    #   bucket = "b";
    #   region = "auto";
    #   credentialsFile = "/etc/nix-sccache/s3";
    # };
  };
}
