package org.blazefl4j.checkpoint;

import java.nio.file.Path;

/** Looks for a checkpoint in the given folder and prints why it is rejected. */
final class LockProgram {

    private LockProgram() {}

    public static void main(String[] args) {
        try (Checkpoints checkpoints = Checkpoints.in(Path.of(args[0]))) {
            System.out.println("found: " + checkpoints.latest());
        } catch (CheckpointException e) {
            System.out.println(e.getMessage());
        }
    }
}
