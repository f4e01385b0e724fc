"""Setting up this device: as the first of a new workspace, by an invite, beside other devices, by a recovery key."""
