package org.blazefl4j.binding;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import org.jspecify.annotations.Nullable;

/**
 * Decides whether only this user and root can have created a file, by owner and mode of the file and of each folder
 * above it. A folder that others may write to is acceptable if it is sticky, as {@code /tmp} is: users cannot rename
 * each other's files there.
 */
public final class PathTrust {

    /** The permissions of folders that only this user may read and write. */
    public static final FileAttribute<?> PRIVATE =
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));

    private static final int WRITABLE_BY_OTHERS = 022;
    private static final int STICKY = 01000;
    private static final int RIGHTS = 07777;
    private static final int TYPE = 0170000;
    private static final int LINK = 0120000;
    private static final int ROOT = 0;

    private PathTrust() {}

    /**
     * Returns why a path cannot be trusted, as a clause, or null if it can. Checks both the path as given and the
     * target of its symbolic links.
     *
     * @param path a file or folder; if it does not exist yet, the folders above it are checked
     * @throws IOException if attributes cannot be read
     */
    public static @Nullable String distrust(Path path) throws IOException {
        Path named = path.toAbsolutePath().normalize();
        if (Files.isSymbolicLink(named)) {
            return "it is a symbolic link: " + named;
        }
        int user = uid();
        boolean exists = Files.exists(named);
        Path existing = named;
        while (!Files.exists(existing)) {
            existing = existing.resolveSibling("");
        }
        String reason = distrust(existing, exists, user);
        return reason == null ? distrust(existing.toRealPath(), exists, user) : reason;
    }

    static int uid() throws IOException {
        return (int) Files.getAttribute(Path.of("/proc/self"), "unix:uid");
    }

    private static @Nullable String distrust(Path path, boolean isItself, int user) throws IOException {
        for (Path each = path; each != null; each = each.getParent()) {
            int owner = (int) Files.getAttribute(each, "unix:uid", LinkOption.NOFOLLOW_LINKS);
            int mode = (int) Files.getAttribute(each, "unix:mode", LinkOption.NOFOLLOW_LINKS);
            boolean isFolderAbove = !isItself || !each.equals(path);
            if (owner != user && !(isFolderAbove && owner == ROOT)) {
                return "it belongs to another user: path=" + each + ", uid=" + owner + ", expected=" + user;
            }
            boolean isSafe = isFolderAbove && (mode & STICKY) != 0 || (mode & TYPE) == LINK;
            if ((mode & WRITABLE_BY_OTHERS) != 0 && !isSafe) {
                return "others may write there: path=" + each + ", mode=" + Integer.toOctalString(mode & RIGHTS)
                        + ", expected=" + Integer.toOctalString(mode & RIGHTS & ~WRITABLE_BY_OTHERS);
            }
        }
        return null;
    }
}
