package org.blazefl4j.shm;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A limit set by one level of this process's control groups. Reads versions 1 and 2 of the kernel's interface.
 *
 * @param limit the most that the group and its children may use: bytes, or processes and threads
 * @param free the unused part. File pages that the kernel can drop count as free
 */
record ControlGroup(long limit, long free) {

    static final Controller MEMORY = new Controller(
            "memory",
            new Names("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file "),
            new Names("memory.max", "memory.current", "inactive_file "));

    static final Controller PROCESSES = new Controller(
            "pids", new Names("pids.max", "pids.current", null), new Names("pids.max", "pids.current", null));

    /** A limited resource, and its files in both versions of the interface. */
    record Controller(String name, Names one, Names two) {}

    private record Names(
            String limit, String usage, @Nullable String droppable) {}

    /**
     * Returns the levels that set a limit, from the process's own group upwards. Skips what cannot be read.
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

    /**
     * Returns how many processes of this process's groups the kernel killed for lack of memory, as far as it reports.
     */
    static long outOfMemoryKills(Path proc, Path mounts) {
        long kills = 0;
        for (Folder folder : folders(MEMORY, proc, mounts)) {
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

    /** Returns the folders of the process's own group and of its ancestors. */
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

    /** Includes the root: in a container it is the container's own group, and the path below may not be visible. */
    private static void addFolders(List<Folder> folders, Names names, Path root, String group) {
        Path folder = root.resolve(group.replaceFirst("^/+", "")).normalize();
        for (; folder != null && folder.startsWith(root); folder = folder.getParent()) {
            folders.add(new Folder(folder, names));
        }
    }

    /** Returns the number in a one-line file, or -1 for other content such as {@code max}. */
    private static long number(Path file) {
        List<String> lines = lines(file);
        return lines.size() == 1 ? parsed(lines.get(0)) : -1;
    }

    /** Returns the number that follows a prefix in the first line with it, or -1 if absent. */
    static long field(Path file, String prefix) {
        for (String line : lines(file)) {
            if (line.startsWith(prefix)) {
                return parsed(line.substring(prefix.length()).trim().split("\\s+")[0]);
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
