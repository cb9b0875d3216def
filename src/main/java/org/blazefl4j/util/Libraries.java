package org.blazefl4j.util;

/** Libraries that an embedder may leave out, for only some classes need them. */
public final class Libraries {

    private Libraries() {}

    /**
     * Refuses to go on without a library.
     *
     * @param user the class that needs it
     * @param type one of the library's classes
     * @param artifact the library, as Maven names it
     * @throws IllegalStateException if the class is not found, with what to add
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
