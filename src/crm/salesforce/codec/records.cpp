#include "crm/salesforce/codec/records.h"

#include <algorithm>
#include <cstring>
#include <optional>
#include <utility>

#include <fmt/format.h>
#include <simdjson.h>

namespace koppla::salesforce {

namespace {

using model::Batch;
using model::Cell;
namespace ondemand = simdjson::ondemand;

int hex_value(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    const char low = static_cast<char>(c | 0x20);
    return low >= 'a' && low <= 'f' ? low - 'a' + 10 : -1;
}

std::optional<std::uint32_t> hex4(std::string_view text) {
    if (text.size() < 4) return std::nullopt;
    std::uint32_t value = 0;
    for (const char c : text.substr(0, 4)) {
        const int digit = hex_value(c);
        if (digit < 0) return std::nullopt;
        value = value * 16 + static_cast<std::uint32_t>(digit);
    }
    return value;
}

char* put_utf8(char* to, std::uint32_t code) {
    const auto byte = [&](std::uint32_t value) { *to++ = static_cast<char>(value); };
    if (code < 0x80) {
        byte(code);
    } else if (code < 0x800) {
        byte(0xC0U | (code >> 6U));
        byte(0x80U | (code & 0x3FU));
    } else if (code < 0x10000) {
        byte(0xE0U | (code >> 12U));
        byte(0x80U | ((code >> 6U) & 0x3FU));
        byte(0x80U | (code & 0x3FU));
    } else {
        byte(0xF0U | (code >> 18U));
        byte(0x80U | ((code >> 12U) & 0x3FU));
        byte(0x80U | ((code >> 6U) & 0x3FU));
        byte(0x80U | (code & 0x3FU));
    }
    return to;
}

/// The code point of the "\uXXXX", or pair of them, that `text` begins with behind "\u"; and its length.
std::optional<std::pair<std::uint32_t, std::size_t>> code_point(std::string_view text) {
    constexpr std::uint32_t replacement = 0xFFFD;
    const auto first = hex4(text);
    if (!first) return std::nullopt;
    if (*first < 0xD800 || *first > 0xDFFF) return std::pair{*first, std::size_t{4}};
    if (*first >= 0xDC00 || text.substr(4, 2) != "\\u") return std::pair{replacement, std::size_t{4}};
    const auto second = hex4(text.substr(6));
    if (!second || *second < 0xDC00 || *second > 0xDFFF) return std::pair{replacement, std::size_t{4}};
    return std::pair{0x10000U + ((*first - 0xD800U) << 10U) + (*second - 0xDC00U), std::size_t{10}};
}

char plain_escape(char c) {
    switch (c) {
        case 'n':
            return '\n';
        case 'r':
            return '\r';
        case 't':
            return '\t';
        case 'b':
            return '\b';
        case 'f':
            return '\f';
        case '"':
        case '\\':
        case '/':
            return c;
        default:
            return '\0';
    }
}

std::string_view trimmed(std::string_view token) {
    while (!token.empty() &&
           (token.back() == ' ' || token.back() == '\n' || token.back() == '\r' || token.back() == '\t')) {
        token.remove_suffix(1);
    }
    return token;
}

simdjson::simdjson_result<std::string_view> raw_json(ondemand::value value, char first) {
    if (first == '{') {
        ondemand::object object;
        if (const auto failure = value.get(object)) return failure;
        return object.raw_json();
    }
    ondemand::array array;
    if (const auto failure = value.get(array)) return failure;
    return array.raw_json();
}

}  // namespace

std::optional<std::size_t> unescape_json(char* text, std::size_t size) {
    std::string_view rest{text, size};
    char* to = text;
    while (true) {
        const auto plain = std::min(rest.find('\\'), rest.size());
        std::memmove(to, rest.data(), plain);
        to += plain;
        rest.remove_prefix(plain);
        if (rest.empty()) return static_cast<std::size_t>(to - text);
        if (rest.size() < 2) return std::nullopt;
        if (rest[1] == 'u') {
            const auto code = code_point(rest.substr(2));
            if (!code) return std::nullopt;
            rest.remove_prefix(2 + code->second);
            to = put_utf8(to, code->first);
        } else {
            const char c = plain_escape(rest[1]);
            if (c == '\0') return std::nullopt;
            *to++ = c;
            rest.remove_prefix(2);
        }
    }
}

/// The wanted fields as a tree: a node a name, parents above their fields.
class RecordReader::Parsing {
  public:
    explicit Parsing(const std::vector<std::string>& fields) : column_count_{fields.size()} {
        for (std::size_t column = 0; column < fields.size(); ++column) add(fields[column], column);
    }

    Result<RecordPage> read(Batch& batch);

  private:
    struct Node {
        std::string name;
        std::optional<std::size_t> column;
        std::vector<Node> children;
    };

    void add(std::string_view path, std::size_t column) {
        Node* node = &root_;
        while (!path.empty()) {
            const std::string_view name = path.substr(0, path.find('.'));
            path.remove_prefix(std::min(path.size(), name.size() + 1));
            auto found = std::ranges::find(node->children, name, &Node::name);
            if (found == node->children.end()) {
                node->children.push_back(Node{.name = std::string{name}, .column = {}, .children = {}});
                found = node->children.end() - 1;
            }
            node = &*found;
        }
        node->column = column;
    }

    static const Node* child(const Node& node, std::string_view name, std::size_t& expected);
    Result<void> read_records(ondemand::value records, Batch& batch);
    Result<void> read_record(ondemand::object record, const Node& node, std::size_t row, Batch& batch);
    Result<void> read_value(ondemand::value value, const Node& node, std::size_t row, Batch& batch);
    Result<Cell> cell_of(std::string_view token) const;
    static void set_null(const Node& node, std::size_t row, Batch& batch);
    Error fault(std::string_view what) const {
        return error(ErrorKind::corrupt, fmt::format("record {} of the page: {}", record_ + 1, what));
    }
    Error fault(simdjson::error_code code) const { return fault(simdjson::error_message(code)); }

    std::size_t column_count_;
    Node root_;
    ondemand::parser parser_;
    std::size_t record_ = 0;
};

/// Records come in the order of the statement, so the next name is mostly the expected one.
const RecordReader::Parsing::Node* RecordReader::Parsing::child(const Node& node, std::string_view name,
                                                                std::size_t& expected) {
    const std::size_t count = node.children.size();
    for (std::size_t i = 0; i < count; ++i) {
        const std::size_t at = (expected + i) % count;
        if (node.children[at].name == name) {
            expected = at + 1;
            return &node.children[at];
        }
    }
    return nullptr;
}

void RecordReader::Parsing::set_null(const Node& node, std::size_t row, Batch& batch) {
    if (node.column) batch.cell(*node.column, row) = Cell::null();
    for (const Node& each : node.children) set_null(each, row, batch);
}

Result<Cell> RecordReader::Parsing::cell_of(std::string_view token) const {
    if (token == "null") return Cell::null();
    if (token == "true" || token == "false") return Cell::of(token);
    if (token.size() >= 2 && token.front() == '"' && token.back() == '"') {
        const std::string_view text = token.substr(1, token.size() - 2);
        if (std::memchr(text.data(), '\\', text.size()) == nullptr) return Cell::of(text);
        // The bytes are those of the batch's page, which is ours to change.
        char* const bytes = const_cast<char*>(text.data());  // NOLINT(cppcoreguidelines-pro-type-const-cast)
        const auto size = unescape_json(bytes, text.size());
        if (!size) return fault("a text with a wrong escape");
        return Cell::of({bytes, *size});
    }
    const bool is_number =
        !token.empty() && token.find_first_not_of("0123456789+-.eE") == std::string_view::npos;
    if (!is_number) return fault("a value that is no JSON");
    return Cell::of(token);
}

Result<void> RecordReader::Parsing::read_value(ondemand::value value, const Node& node, std::size_t row,
                                               Batch& batch) {
    std::string_view token = value.raw_json_token();
    const char first = token.empty() ? '\0' : token.front();
    if (first == '{' && !node.children.empty()) {
        ondemand::object parent;
        if (const auto failure = value.get(parent)) return fault(failure);
        return read_record(parent, node, row, batch);
    }
    if (first == '{' || first == '[') {
        if (!node.column) return {};
        if (const auto failure = raw_json(value, first).get(token)) return fault(failure);
        batch.cell(*node.column, row) = Cell::of(trimmed(token));
        return {};
    }
    token = trimmed(token);
    if (token == "null") {
        set_null(node, row, batch);
    } else if (node.column) {
        batch.cell(*node.column, row) = TRY(cell_of(token));
    }
    return {};
}

Result<void> RecordReader::Parsing::read_record(ondemand::object record, const Node& node, std::size_t row,
                                                Batch& batch) {
    std::size_t expected = 0;
    for (auto each : record) {
        ondemand::field field;
        if (const auto failure = std::move(each).get(field)) return fault(failure);
        const char* const raw = field.key().raw();
        const std::string_view name{raw, static_cast<std::size_t>(std::strchr(raw, '"') - raw)};
        const Node* const wanted = child(node, name, expected);
        if (wanted != nullptr) TRY(read_value(field.value(), *wanted, row, batch));
    }
    return {};
}

Result<void> RecordReader::Parsing::read_records(ondemand::value records, Batch& batch) {
    ondemand::array list;
    if (const auto failure = records.get(list)) return fault(failure);
    for (auto each : list) {
        ondemand::object record;
        if (const auto failure = each.get(record)) return fault(failure);
        TRY(read_record(record, root_, batch.add_row(), batch));
        ++record_;
    }
    return {};
}

Result<RecordPage> RecordReader::Parsing::read(Batch& batch) {
    model::Page& body = batch.page;
    const std::size_t size = body.size;
    model::Page kept = std::exchange(body, {});
    batch.recycle(column_count_);
    body = std::move(kept);
    body.reserve(size + simdjson::SIMDJSON_PADDING);
    record_ = 0;

    const auto refuse = [](std::string_view what) {
        return error(ErrorKind::corrupt, fmt::format("the answer is no page of records: {}", what));
    };
    ondemand::document document;
    if (const auto failure =
            parser_.iterate(body.bytes.get(), size, size + simdjson::SIMDJSON_PADDING).get(document)) {
        return refuse(simdjson::error_message(failure));
    }
    ondemand::object root;
    if (const auto failure = document.get_object().get(root)) return refuse(simdjson::error_message(failure));
    RecordPage page;
    bool has_records = false;
    std::optional<std::int64_t> total;
    for (auto each : root) {
        ondemand::field field;
        if (const auto failure = std::move(each).get(field)) return refuse(simdjson::error_message(failure));
        simdjson::error_code failure = simdjson::SUCCESS;
        if (field.key() == "records") {
            has_records = true;
            TRY(read_records(field.value(), batch));
        } else if (field.key() == "totalSize") {
            std::int64_t number = 0;
            failure = field.value().get(number);
            total = number;
        } else if (field.key() == "done") {
            failure = field.value().get(page.is_last);
        } else if (field.key() == "nextRecordsUrl") {
            std::string_view path;
            failure = field.value().get(path);
            page.next_path = path;
        }
        if (failure != simdjson::SUCCESS) return refuse(simdjson::error_message(failure));
    }
    if (document.current_location().error() != simdjson::OUT_OF_BOUNDS)
        return refuse("something stands behind its end");
    if (!has_records) return refuse("it holds no 'records'");
    if (!total || *total < 0) return refuse("it holds no 'totalSize'");
    if (page.is_last == !page.next_path.empty())
        return refuse("'done' and 'nextRecordsUrl' contradict each other");
    page.total = *total;
    return page;
}

RecordReader::RecordReader(const std::vector<std::string>& fields)
    : parsing_{std::make_unique<Parsing>(fields)} {}
RecordReader::~RecordReader() = default;

Result<RecordPage> RecordReader::read(Batch& batch) {
    return parsing_->read(batch);
}

}  // namespace koppla::salesforce
