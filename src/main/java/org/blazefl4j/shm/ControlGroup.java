package org.blazefl4j.shm;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * One level of this process's control groups and its memory limit, in version 1 or 2 of the kernel's interface.
 *
 * @param limit what the group and all below it may use, in bytes
 * @param free what of it is left; file pages that the kernel would drop before it refuses memory count as free
 */
record ControlGroup(long limit, long free) {

    /** Where the two versions of the interface keep what is read here. */
    private enum Version {
        ONE("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file "),
        TWO("memory.max", "memory.current", "inactive_file ");

        private final String limit;
        private final String usage;
        private final String droppable;

        Version(String limit, String usage, String droppable) {
            this.limit = limit;
            this.usage = usage;
            this.droppable = droppable;
        }
    }

    /**
     * The levels that have a limit, from the process's own group up; empty where there is none or nothing can be read.
     *
     * @param proc the folder {@code /proc}
     * @param mounts the folder {@code /sys/fs/cgroup}
     */
    static List<ControlGroup> ofThisProcess(Path proc, Path mounts) {
        List<ControlGroup> levels = new ArrayList<>();
        for (String line : lines(proc.resolve("self/cgroup"))) {
            String[] fields = line.split(":", 3);
            if (fields.length == 3 && fields[1].isEmpty()) {
                addLevels(levels, Version.TWO, mounts, fields[2]);
            } else if (fields.length == 3 && List.of(fields[1].split(",")).contains("memory")) {
                addLevels(levels, Version.ONE, mounts.resolve("memory"), fields[2]);
            }
        }
        return levels;
    }

    /**
     * In a container the group's path may not be visible under the mount, but the container's own level is: its root.
     */
    private static void addLevels(List<ControlGroup> levels, Version version, Path root, String group) {
        Path folder = root.resolve(group.replaceFirst("^/+", "")).normalize();
        for (; folder != null && folder.startsWith(root); folder = folder.getParent()) {
            long limit = number(folder.resolve(version.limit));
            long used = number(folder.resolve(version.usage));
            if (limit >= 0 && used >= 0) {
                long droppable = Math.max(0, field(folder.resolve("memory.stat"), version.droppable));
                levels.add(new ControlGroup(limit, Math.max(0, limit - used + Math.min(used, droppable))));
            }
        }
    }

    /** The number that is a file's only content; -1 for another content, such as {@code max}. */
    private static long number(Path file) {
        List<String> lines = lines(file);
        return lines.size() == 1 ? parsed(lines.get(0)) : -1;
    }

    /** The number after a line's first word, a unit after it aside; -1 if there is no such line. */
    static long field(Path file, String word) {
        for (String line : lines(file)) {
            if (line.startsWith(word)) {
                return parsed(line.substring(word.length()).trim().split(" ")[0]);
            }
        }
        return -1;
    }

    private static long parsed(String text) {
        return text.matches("[0-9]{1,18}") ? Long.parseLong(text) : text.matches("[0-9]{19}") ? Long.MAX_VALUE : -1;
    }

    private static List<String> lines(Path file) {
        try {
            return Files.readAllLines(file);
        } catch (IOException unreadable) {
            return List.of();
        }
    }
}
