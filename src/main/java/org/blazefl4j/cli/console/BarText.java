package org.blazefl4j.cli.console;

import java.time.Duration;
import java.util.List;
import java.util.Locale;
import me.tongfei.progressbar.ProgressBarRenderer;
import me.tongfei.progressbar.ProgressState;

/**
 * Renders a progress bar. On a narrow terminal it drops, in this order, the estimate, the unit, the bar itself and the
 * end of the task's name.
 *
 * @param unit what is counted, such as "clients"
 */
record BarText(String unit) implements ProgressBarRenderer {

    private static final int MIN_BAR = 10;

    @Override
    public String render(ProgressState state, int width) {
        return render(
                state.getTaskName(),
                state.getCurrent(),
                state.getMax(),
                state.getElapsedAfterStart(),
                Math.max(width, 0));
    }

    String render(String task, long now, long most, Duration elapsed, int width) {
        String count = " " + now + "/" + most;
        for (String tail : List.of(count + " " + unit + estimate(now, most, elapsed), count + " " + unit, count, "")) {
            int room = width - task.length() - tail.length() - " []".length();
            if (room >= MIN_BAR) {
                int done = (int) (room * Math.min(now, most) / Math.max(most, 1));
                return task + " [" + "=".repeat(done) + " ".repeat(room - done) + "]" + tail;
            }
        }
        int left = Math.max(width - count.length(), 0);
        String text = task.substring(0, Math.min(left, task.length())) + count;
        return text.substring(0, Math.min(width, text.length()));
    }

    private static String estimate(long now, long most, Duration elapsed) {
        double seconds = elapsed.toNanos() / 1e9;
        if (now == 0 || seconds == 0) {
            return "";
        }
        double speed = now / seconds;
        return String.format(Locale.ROOT, ", %.1f/s, %.0f s left", speed, Math.ceil((most - now) / speed));
    }
}
