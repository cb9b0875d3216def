/** Programs that use the library as an outsider does: only what it exports can be imported here. */
open module org.blazefl4j.examples {
    requires org.blazefl4j;
}
