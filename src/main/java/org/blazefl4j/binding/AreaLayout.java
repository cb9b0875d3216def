package org.blazefl4j.binding;

import org.bytedeco.javacpp.annotation.MemberGetter;
import org.bytedeco.javacpp.annotation.Name;
import org.bytedeco.javacpp.annotation.NoException;
import org.bytedeco.javacpp.annotation.Platform;

/**
 * The constants of {@code native/include/bfl_areas.h}, where the layout of a job board's areas is drawn. They are read
 * from the header when the library is built, so the two cannot differ.
 */
@Platform(include = "bfl_areas.h", library = "jniblazefl4j")
@NoException
public final class AreaLayout {

    static {
        NativeLoader.loadOwn();
    }

    public static final int AREA_BYTES = areaBytes();
    public static final int MESSAGE_PLACE = messagePlace();
    public static final int MESSAGE_LENGTH = messageLength();
    public static final int MESSAGE_START = messageStart();
    public static final int MESSAGE_SEGMENT = messageSegment();
    public static final int MESSAGE_CONTENT = messageContent();
    public static final int PLACE_AREA = placeArea();
    public static final int PLACE_SEGMENT = placeSegment();
    public static final int JOB_OFFSET = jobOffset();
    public static final int JOB_CLIENT = jobClient();
    public static final int JOB_ROUND = jobRound();
    public static final int JOB_DEVICE = jobDevice();
    public static final int JOB_FLAGS = jobFlags();
    public static final int JOB_SLOT = jobSlot();
    public static final int JOB_SEGMENT = jobSegment();
    public static final int JOB_BYTES = jobBytes();
    public static final int JOB_DEVICE_CPU = jobDeviceCpu();
    public static final int JOB_HAS_SLOT = jobHasSlot();
    public static final int HANDLE_PID = handlePid();
    public static final int HANDLE_FD = handleFd();
    public static final int HANDLE_SLOTS = handleSlots();
    public static final int HANDLE_DEVICE = handleDevice();
    public static final int HANDLE_INODE = handleInode();
    public static final int HANDLE_SLOT_BYTES = handleSlotBytes();
    public static final int HANDLE_GENERATION = handleGeneration();
    public static final int HANDLE_BYTES = handleBytes();

    private AreaLayout() {}

    @MemberGetter
    @Name("BFL_AREA_BYTES")
    private static native int areaBytes();

    @MemberGetter
    @Name("BFL_MESSAGE_PLACE")
    private static native int messagePlace();

    @MemberGetter
    @Name("BFL_MESSAGE_LENGTH")
    private static native int messageLength();

    @MemberGetter
    @Name("BFL_MESSAGE_START")
    private static native int messageStart();

    @MemberGetter
    @Name("BFL_MESSAGE_SEGMENT")
    private static native int messageSegment();

    @MemberGetter
    @Name("BFL_MESSAGE_CONTENT")
    private static native int messageContent();

    @MemberGetter
    @Name("BFL_PLACE_AREA")
    private static native int placeArea();

    @MemberGetter
    @Name("BFL_PLACE_SEGMENT")
    private static native int placeSegment();

    @MemberGetter
    @Name("BFL_JOB_OFFSET")
    private static native int jobOffset();

    @MemberGetter
    @Name("BFL_JOB_CLIENT")
    private static native int jobClient();

    @MemberGetter
    @Name("BFL_JOB_ROUND")
    private static native int jobRound();

    @MemberGetter
    @Name("BFL_JOB_DEVICE")
    private static native int jobDevice();

    @MemberGetter
    @Name("BFL_JOB_FLAGS")
    private static native int jobFlags();

    @MemberGetter
    @Name("BFL_JOB_SLOT")
    private static native int jobSlot();

    @MemberGetter
    @Name("BFL_JOB_SEGMENT")
    private static native int jobSegment();

    @MemberGetter
    @Name("BFL_JOB_BYTES")
    private static native int jobBytes();

    @MemberGetter
    @Name("BFL_JOB_DEVICE_CPU")
    private static native int jobDeviceCpu();

    @MemberGetter
    @Name("BFL_JOB_HAS_SLOT")
    private static native int jobHasSlot();

    @MemberGetter
    @Name("BFL_HANDLE_PID")
    private static native int handlePid();

    @MemberGetter
    @Name("BFL_HANDLE_FD")
    private static native int handleFd();

    @MemberGetter
    @Name("BFL_HANDLE_SLOTS")
    private static native int handleSlots();

    @MemberGetter
    @Name("BFL_HANDLE_DEVICE")
    private static native int handleDevice();

    @MemberGetter
    @Name("BFL_HANDLE_INODE")
    private static native int handleInode();

    @MemberGetter
    @Name("BFL_HANDLE_SLOT_BYTES")
    private static native int handleSlotBytes();

    @MemberGetter
    @Name("BFL_HANDLE_GENERATION")
    private static native int handleGeneration();

    @MemberGetter
    @Name("BFL_HANDLE_BYTES")
    private static native int handleBytes();
}
