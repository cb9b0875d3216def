package org.blazefl4j.cli.run;

import org.blazefl4j.cli.options.PartCatalogue;
import org.blazefl4j.cli.options.PartCatalogue.Part;
import org.blazefl4j.data.FeatureSkew;
import picocli.CommandLine.ITypeConverter;

/** Converts {@code rotation:degrees=45}, a value of {@code --feature-skew}. */
final class FeatureSkewConverter implements ITypeConverter<Part<FeatureSkew>> {

    private static final PartCatalogue<FeatureSkew> ALL = new PartCatalogue<FeatureSkew>()
            .with(
                    "rotation:degrees=90,groups=4",
                    set -> FeatureSkew.rotation(set.number("degrees"), set.count("groups")))
            .with("noise:sigma=0.1", set -> FeatureSkew.noise(set.number("sigma")));

    @Override
    public Part<FeatureSkew> convert(String text) {
        return ALL.parse(text);
    }
}
