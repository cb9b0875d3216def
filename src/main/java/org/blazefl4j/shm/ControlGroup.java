package org.blazefl4j.shm;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One level of this process's control groups and a limit that it has, in version 1 or 2 of the kernel's interface.
 *
 * @param limit what the group and all below it may use: bytes, or processes and threads
 * @param free what of it is left; file pages that the kernel would drop before it refuses memory count as free
 */
record ControlGroup(long limit, long free) {

    /** What is limited, and where the two versions of the interface keep what is read here. */
    enum Controller {
        MEMORY(
                "memory",
                new Names("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file "),
                new Names("memory.max", "memory.current", "inactive_file ")),
        PROCESSES("pids", new Names("pids.max", "pids.current", null), new Names("pids.max", "pids.current", null));

        private final String name;
        private final Names one;
        private final Names two;

        Controller(String name, Names one, Names two) {
            this.name = name;
            this.one = one;
            this.two = two;
        }
    }

    private record Names(
            String limit, String usage, @Nullable String droppable) {}

    /**
     * The levels that have a limit, from the process's own group up; empty where there is none or nothing can be read.
     *
     * @param proc the folder {@code /proc}
     * @param mounts the folder {@code /sys/fs/cgroup}
     */
    static List<ControlGroup> ofThisProcess(Controller controller, Path proc, Path mounts) {
        List<ControlGroup> levels = new ArrayList<>();
        for (Folder folder : folders(controller, proc, mounts)) {
            long limit = number(folder.path.resolve(folder.names.limit));
            long used = number(folder.path.resolve(folder.names.usage));
            if (limit >= 0 && used >= 0) {
                levels.add(new ControlGroup(limit, Math.max(0, limit - used + Math.min(used, folder.droppable()))));
            }
        }
        return levels;
    }

    /** How many processes of this one's groups the kernel has ended because memory ran out, as far as it tells. */
    static long outOfMemoryKills(Path proc, Path mounts) {
        long kills = 0;
        for (Folder folder : folders(Controller.MEMORY, proc, mounts)) {
            kills += Math.max(0, field(folder.path.resolve("memory.events"), "oom_kill "));
            kills += Math.max(0, field(folder.path.resolve("memory.oom_control"), "oom_kill "));
        }
        return kills;
    }

    private record Folder(Path path, Names names) {

        long droppable() {
            return names.droppable == null ? 0 : Math.max(0, field(path.resolve("memory.stat"), names.droppable));
        }
    }

    /** The folders of the process's own group and those above it. */
    private static List<Folder> folders(Controller controller, Path proc, Path mounts) {
        List<Folder> folders = new ArrayList<>();
        for (String line : lines(proc.resolve("self/cgroup"))) {
            String[] fields = line.split(":", 3);
            if (fields.length == 3 && fields[1].isEmpty()) {
                addFolders(folders, controller.two, mounts, fields[2]);
            } else if (fields.length == 3 && List.of(fields[1].split(",")).contains(controller.name)) {
                addFolders(folders, controller.one, mounts.resolve(controller.name), fields[2]);
            }
        }
        return folders;
    }

    /**
     * In a container the group's path may not be visible under the mount, but the container's own level is: its root.
     */
    private static void addFolders(List<Folder> folders, Names names, Path root, String group) {
        Path folder = root.resolve(group.replaceFirst("^/+", "")).normalize();
        for (; folder != null && folder.startsWith(root); folder = folder.getParent()) {
            folders.add(new Folder(folder, names));
        }
    }

    /** The number that is a file's only content; -1 for another content, such as {@code max}. */
    private static long number(Path file) {
        List<String> lines = lines(file);
        return lines.size() == 1 ? parsed(lines.get(0)) : -1;
    }

    /** The number after a line's first words, what is after it aside; -1 if there is none. */
    static long field(Path file, String word) {
        for (String line : lines(file)) {
            if (line.startsWith(word)) {
                return parsed(line.substring(word.length()).trim().split("\\s+")[0]);
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
