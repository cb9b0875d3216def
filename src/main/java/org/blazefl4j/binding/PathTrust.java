package org.blazefl4j.binding;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Map;

/**
 * Whether nobody but this user and root can have put a file where it is: of the file and of each folder above it, up to
 * the root, owner and mode are looked at. A folder that others may write to will do if it is sticky, as {@code /tmp}
 * is, for there nobody renames what is not his.
 */
public final class PathTrust {

    private static final int WRITABLE_BY_OTHERS = 022;
    private static final int STICKY = 01000;
    private static final int RIGHTS = 07777;
    private static final int TYPE = 0170000;
    private static final int LINK = 0120000;
    private static final int ROOT = 0;

    private PathTrust() {}

    /**
     * Why a path is not to be trusted, as a clause; null if it is. The way that it leads over symbolic links counts
     * too.
     *
     * @param path a file or folder; if it does not exist yet, what is above it is looked at
     * @throws IOException if something cannot be looked at
     */
    public static String distrust(Path path) throws IOException {
        Path named = path.toAbsolutePath().normalize();
        if (Files.isSymbolicLink(named)) {
            return "it is a symbolic link: " + named;
        }
        int user = uid();
        boolean exists = Files.exists(named);
        Path there = named;
        while (!Files.exists(there)) {
            there = there.getParent();
        }
        String reason = distrust(there, exists, user);
        return reason == null ? distrust(there.toRealPath(), exists, user) : reason;
    }

    /** The number of the user of this process. */
    static int uid() throws IOException {
        return (int) Files.getAttribute(Path.of("/proc/self"), "unix:uid");
    }

    private static String distrust(Path path, boolean isItself, int user) throws IOException {
        for (Path each = path; each != null; each = each.getParent()) {
            Map<String, Object> attributes = Files.readAttributes(each, "unix:uid,mode", LinkOption.NOFOLLOW_LINKS);
            int owner = (int) attributes.get("uid");
            int mode = (int) attributes.get("mode");
            boolean isFolderAbove = !isItself || !each.equals(path);
            if (owner != user && !(isFolderAbove && owner == ROOT)) {
                return "it belongs to another user: path=" + each + ", uid=" + owner + ", expected=" + user;
            }
            boolean sparesOthers = isFolderAbove && (mode & STICKY) != 0 || (mode & TYPE) == LINK;
            if ((mode & WRITABLE_BY_OTHERS) != 0 && !sparesOthers) {
                return "others may write there: path=" + each + ", mode=" + Integer.toOctalString(mode & RIGHTS)
                        + ", expected=" + Integer.toOctalString(mode & RIGHTS & ~WRITABLE_BY_OTHERS);
            }
        }
        return null;
    }
}
