package org.blazefl4j.util;

/** Optional libraries, which only some classes need. */
public final class Libraries {

    private Libraries() {}

    /**
     * Checks that an optional library is present.
     *
     * @param user the class that needs it
     * @param type one of the library's classes
     * @param artifact the library's Maven coordinates
     * @throws IllegalStateException if the class is not found; the message says what to add
     */
    public static void require(Class<?> user, String type, String artifact) {
        try {
            Class.forName(type, false, user.getClassLoader());
        } catch (ClassNotFoundException e) {
            throw new IllegalStateException(
                    "library is missing: user=" + user.getName() + ", found=no " + type + ", expected=" + artifact
                            + "; add it to the class path, or to the module path with --add-modules",
                    e);
        }
    }
}
