package org.blazefl4j.modelfile;

import java.math.BigInteger;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.blazefl4j.modelfile.PickleValue.Global;
import org.blazefl4j.modelfile.PickleValue.Nothing;
import org.blazefl4j.modelfile.PickleValue.Storage;
import org.blazefl4j.modelfile.PickleValue.StoredTensor;
import org.blazefl4j.util.Printable;

/**
 * Reads the pickles that {@code torch.save} writes for tensors in dicts and lists, of the protocols 2 to 5. A pickle is
 * a program of a stack machine; this one knows numbers, texts, lists, dicts and tensors alone, so that no file can make
 * it do anything else. Memory is in proportion to the pickle.
 */
final class PickleReader {

    private static final Nothing NONE = new Nothing();

    private final ByteBuffer in;
    private final Map<Integer, Object> memo = new HashMap<>();
    private final Deque<List<Object>> outer = new ArrayDeque<>();
    private List<Object> stack = new ArrayList<>();

    private PickleReader(byte[] pickle) {
        this.in = ByteBuffer.wrap(pickle).order(ByteOrder.LITTLE_ENDIAN);
    }

    /**
     * Reads a pickle.
     *
     * @throws PickleException if it is damaged, or holds something else
     */
    static Object read(byte[] pickle) {
        PickleReader reader = new PickleReader(pickle);
        int position = 0;
        try {
            while (true) {
                position = reader.in.position();
                int code = reader.in.get() & 0xff;
                if (code == '.') {
                    return reader.pop();
                }
                reader.apply(code);
            }
        } catch (BufferUnderflowException e) {
            throw new PickleException("position=" + position + ", found=the end, expected=more of the pickle");
        } catch (PickleException e) {
            throw new PickleException("position=" + position + ", " + e.getMessage());
        }
    }

    private void apply(int code) {
        switch (code) {
            case 0x80 -> in.get(); // the protocol
            case 0x95 -> in.getLong(); // the length of a frame
            case 'N' -> push(NONE);
            case 0x88 -> push(true);
            case 0x89 -> push(false);
            case 'K' -> push((long) (in.get() & 0xff));
            case 'M' -> push((long) (in.getShort() & 0xffff));
            case 'J' -> push((long) in.getInt());
            case 0x8a -> push(longOf(bytes(in.get() & 0xff)));
            case 'G' -> push(Double.longBitsToDouble(Long.reverseBytes(in.getLong())));
            case 'X' -> push(text(in.getInt()));
            case 0x8c -> push(text(in.get() & 0xff));
            case 'c' -> push(new Global(line() + "." + line()));
            case 0x93 -> {
                String name = pop(String.class);
                push(new Global(pop(String.class) + "." + name));
            }
            case ')', ']' -> push(new ArrayList<>());
            case '}' -> push(new LinkedHashMap<>());
            case '(' -> mark();
            case 't' -> push(popMark());
            case 0x85, 0x86, 0x87 -> push(tuple(code - 0x84));
            case 'q' -> memo.put(in.get() & 0xff, top());
            case 'r' -> memo.put(in.getInt(), top());
            case 0x94 -> memo.put(memo.size(), top());
            case 'h' -> push(recall(in.get() & 0xff));
            case 'j' -> push(recall(in.getInt()));
            case 'a' -> {
                Object last = pop();
                list(top()).add(last);
            }
            case 'e' -> {
                List<Object> more = popMark();
                list(top()).addAll(more);
            }
            case 's' -> put(tuple(2));
            case 'u' -> put(popMark());
            case 'Q' -> push(storage(pop(List.class)));
            case 'R' -> {
                List<?> arguments = pop(List.class);
                push(reduce(pop(Global.class).name(), arguments));
            }
            case 'b' -> pop(); // attributes of an object, such as the versions of modules
            default -> throw new PickleException("opcode=" + code + ", expected=those of dicts of tensors");
        }
    }

    private Object reduce(String function, List<?> arguments) {
        return switch (function) {
            case "collections.OrderedDict" -> new LinkedHashMap<>();
            case "torch._utils._rebuild_tensor_v2" ->
                new StoredTensor(
                        argument(arguments, 0, Storage.class),
                        argument(arguments, 1, Long.class),
                        numbers(argument(arguments, 2, List.class)),
                        numbers(argument(arguments, 3, List.class)));
            case "torch._utils._rebuild_parameter" -> argument(arguments, 0, StoredTensor.class);
            default ->
                throw new PickleException("function=" + Printable.line(function)
                        + ", expected=dicts of tensors alone, such as model.state_dict()");
        };
    }

    private static Storage storage(List<?> id) {
        String type = argument(id, 1, Global.class).name();
        long numel = argument(id, 4, Long.class);
        ElementType known = type.startsWith("torch.")
                ? ElementType.stored(type.substring("torch.".length())).orElse(null)
                : null;
        if (known == null || numel < 0 || numel > Long.MAX_VALUE / known.bytes()) {
            throw new PickleException("storage=" + Printable.line(type) + " of " + numel
                    + " elements, expected=a real number type and their number");
        }
        return new Storage(known, argument(id, 2, String.class), numel);
    }

    private static <T> T argument(List<?> arguments, int index, Class<T> type) {
        return cast(index < arguments.size() ? arguments.get(index) : NONE, type);
    }

    private static long[] numbers(List<?> values) {
        if (values.size() > PickleValue.MOST_DIMENSIONS) {
            throw new PickleException("dimensions=" + values.size() + ", limit=" + PickleValue.MOST_DIMENSIONS);
        }
        return values.stream().mapToLong(each -> cast(each, Long.class)).toArray();
    }

    private static <T> T cast(Object value, Class<T> type) {
        if (!type.isInstance(value)) {
            throw new PickleException(
                    "found=a " + value.getClass().getSimpleName() + ", expected=a " + type.getSimpleName());
        }
        return type.cast(value);
    }

    @SuppressWarnings("unchecked")
    private static List<Object> list(Object value) {
        return cast(value, List.class);
    }

    @SuppressWarnings("unchecked")
    private void put(List<Object> namesAndValues) {
        Map<String, Object> dict = cast(top(), Map.class);
        for (int i = 0; i + 1 < namesAndValues.size(); i += 2) {
            String name = cast(namesAndValues.get(i), String.class);
            if (dict.put(name, namesAndValues.get(i + 1)) != null) {
                throw new PickleException("name=" + Printable.line(name) + ", expected=each name once");
            }
        }
    }

    private void push(Object value) {
        stack.add(value);
    }

    private Object top() {
        if (stack.isEmpty()) {
            throw new PickleException("found=an empty stack, expected=a value");
        }
        return stack.get(stack.size() - 1);
    }

    private Object pop() {
        Object top = top();
        stack.remove(stack.size() - 1);
        return top;
    }

    private <T> T pop(Class<T> type) {
        return cast(pop(), type);
    }

    private void mark() {
        outer.push(stack);
        stack = new ArrayList<>();
    }

    private List<Object> popMark() {
        if (outer.isEmpty()) {
            throw new PickleException("found=no mark, expected=one");
        }
        List<Object> values = stack;
        stack = outer.pop();
        return values;
    }

    private List<Object> tuple(int length) {
        List<Object> values = new ArrayList<>();
        for (int i = 0; i < length; i++) {
            values.add(0, pop());
        }
        return values;
    }

    private Object recall(int index) {
        Object value = memo.get(index);
        if (value == null) {
            throw new PickleException("memo=" + index + ", expected=one that was set");
        }
        return value;
    }

    private static long longOf(byte[] littleEndian) {
        byte[] bytes = new byte[littleEndian.length + 1];
        for (int i = 0; i < littleEndian.length; i++) {
            bytes[bytes.length - 1 - i] = littleEndian[i];
        }
        if (bytes.length > 1 && bytes[1] < 0) {
            bytes[0] = -1;
        }
        BigInteger value = new BigInteger(bytes);
        if (value.bitLength() >= Long.SIZE) {
            throw new PickleException("number=of " + value.bitLength() + " bits, limit=63");
        }
        return value.longValue();
    }

    private byte[] bytes(int length) {
        if (length < 0 || length > in.remaining()) {
            throw new PickleException("length=" + length + ", limit=" + in.remaining());
        }
        byte[] bytes = new byte[length];
        in.get(bytes);
        return bytes;
    }

    private String text(int length) {
        return new String(bytes(length), StandardCharsets.UTF_8);
    }

    private String line() {
        int start = in.position();
        int length = 0;
        while (in.get() != '\n') {
            length++;
        }
        in.position(start);
        String line = text(length);
        in.get();
        return line;
    }
}
