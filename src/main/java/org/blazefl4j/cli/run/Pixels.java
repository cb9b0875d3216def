package org.blazefl4j.cli.run;

import java.util.Locale;
import org.blazefl4j.data.ImageData;
import org.blazefl4j.data.Transform;

/** How image bytes become model input, as named on the command line. */
enum Pixels {
    NORMALISED,
    UNIT;

    private static final double LARGEST_BYTE = 255;

    /** Returns the images to use in place of those that were read. */
    ImageData of(ImageData images) {
        return this == UNIT ? images.withNormalisation(Transform.toFloat(LARGEST_BYTE)) : images;
    }

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
