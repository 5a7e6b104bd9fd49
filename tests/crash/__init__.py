"""Real faults: processes killed, calls that fail, disks that are full, files that are damaged. No work is lost."""
