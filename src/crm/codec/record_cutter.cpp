#include "crm/codec/record_cutter.h"

#include "crm/codec/json_text.h"

#include <algorithm>
#include <cstring>
#include <optional>
#include <utility>

#include <fmt/format.h>
#include <simdjson.h>

namespace koppla {

namespace {

using model::Batch;
using model::Cell;
namespace ondemand = simdjson::ondemand;

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

/// A member's name as it is written, escapes and all.
std::string_view raw_name(ondemand::field& field) {
    const char* const raw = field.key().raw();
    return {raw, static_cast<std::size_t>(std::strchr(raw, '"') - raw)};
}

}  // namespace

struct RecordCutter::Value::Handle {
    ondemand::value value;
};

/// The wanted members as a tree: a node a name, objects above their members.
class RecordCutter::Parsing {
  public:
    explicit Parsing(const std::vector<Path>& columns) : column_count_{columns.size()} {
        for (std::size_t column = 0; column < columns.size(); ++column) add(columns[column], column);
    }

    Result<void> read(Batch& batch, const Member& member);
    Result<void> cut(ondemand::value records, Batch& batch, Others* others);

  private:
    struct Node {
        std::string name;
        std::optional<std::size_t> column;
        std::vector<Node> children;
    };

    void add(const Path& path, std::size_t column);
    static const Node* child(const Node& node, std::string_view name, std::size_t& expected);
    Result<void> cut_record(ondemand::object record, const Node& node, std::size_t row, Batch& batch,
                            Others* others);
    Result<void> cut_value(ondemand::value value, const Node& node, std::size_t row, Batch& batch);
    Result<void> put(const Node& node, std::size_t row, Batch& batch, Cell cell) const;
    Result<void> put_null(const Node& node, std::size_t row, Batch& batch) const;
    [[nodiscard]] Result<Cell> cell_of(std::string_view token) const;
    [[nodiscard]] Error record_fault(std::string_view what) const {
        return error(ErrorKind::corrupt, fmt::format("record {} of the page: {}", record_ + 1, what));
    }

    std::size_t column_count_;
    Node root_;
    ondemand::parser parser_;
    std::size_t record_ = 0;
};

void RecordCutter::Parsing::add(const Path& path, std::size_t column) {
    if (path.empty()) return;
    Node* node = &root_;
    for (const std::string& name : path) {
        auto found = std::ranges::find(node->children, name, &Node::name);
        if (found == node->children.end()) {
            node->children.push_back(Node{.name = name, .column = {}, .children = {}});
            found = node->children.end() - 1;
        }
        node = &*found;
    }
    node->column = column;
}

/// Records come in the order of the query, so the next name is mostly the expected one.
const RecordCutter::Parsing::Node* RecordCutter::Parsing::child(const Node& node, std::string_view name,
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

/// Of two values under one name neither is to be trusted.
Result<void> RecordCutter::Parsing::put(const Node& node, std::size_t row, Batch& batch, Cell cell) const {
    Cell& place = batch.cell(*node.column, row);
    if (place.state != Cell::State::absent)
        return record_fault(fmt::format("it holds '{}' twice", node.name));
    place = cell;
    return {};
}

// NOLINTNEXTLINE(misc-no-recursion): as deep as the wanted paths
Result<void> RecordCutter::Parsing::put_null(const Node& node, std::size_t row, Batch& batch) const {
    if (node.column) TRY(put(node, row, batch, Cell::null()));
    for (const Node& each : node.children) TRY(put_null(each, row, batch));
    return {};
}

Result<Cell> RecordCutter::Parsing::cell_of(std::string_view token) const {
    if (token == "true" || token == "false") return Cell::of(token);
    if (token.size() >= 2 && token.front() == '"' && token.back() == '"') {
        const std::string_view text = token.substr(1, token.size() - 2);
        if (std::memchr(text.data(), '\\', text.size()) == nullptr) return Cell::of(text);
        // The bytes are those of the batch's page, which is ours to change.
        char* const bytes = const_cast<char*>(text.data());  // NOLINT(cppcoreguidelines-pro-type-const-cast)
        const auto size = unescape_json(bytes, text.size());
        if (!size) return record_fault("a text with a wrong escape");
        return Cell::of({bytes, *size});
    }
    const bool is_number =
        !token.empty() && token.find_first_not_of("0123456789+-.eE") == std::string_view::npos;
    if (!is_number) return record_fault("a value that is no JSON");
    return Cell::of(token);
}

// NOLINTNEXTLINE(misc-no-recursion): as deep as the wanted paths
Result<void> RecordCutter::Parsing::cut_value(ondemand::value value, const Node& node, std::size_t row,
                                              Batch& batch) {
    std::string_view token = value.raw_json_token();
    const char first = token.empty() ? '\0' : token.front();
    if (first == '{' && !node.children.empty()) {
        ondemand::object parent;
        if (const auto failure = value.get(parent)) return record_fault(simdjson::error_message(failure));
        return cut_record(parent, node, row, batch, nullptr);
    }
    if (first == '{' || first == '[') {
        if (!node.column) return {};
        if (const auto failure = raw_json(value, first).get(token))
            return record_fault(simdjson::error_message(failure));
        return put(node, row, batch, Cell::of(without_trailing_blanks(token)));
    }
    token = without_trailing_blanks(token);
    if (token == "null") return put_null(node, row, batch);
    if (!node.column) return {};
    return put(node, row, batch, TRY(cell_of(token)));
}

// NOLINTNEXTLINE(misc-no-recursion): as deep as the wanted paths
Result<void> RecordCutter::Parsing::cut_record(ondemand::object record, const Node& node, std::size_t row,
                                               Batch& batch, Others* others) {
    std::size_t expected = 0;
    for (auto each : record) {
        ondemand::field field;
        if (const auto failure = std::move(each).get(field))
            return record_fault(simdjson::error_message(failure));
        const std::string_view name = raw_name(field);
        if (const Node* const wanted = child(node, name, expected); wanted != nullptr) {
            TRY(cut_value(field.value(), *wanted, row, batch));
        } else if (others != nullptr) {
            TRY(others->meet(row, name, field.value().raw_json_token()));
        }
    }
    return {};
}

Result<void> RecordCutter::Parsing::cut(ondemand::value records, Batch& batch, Others* others) {
    ondemand::array list;
    if (const auto failure = records.get(list)) return record_fault(simdjson::error_message(failure));
    for (auto each : list) {
        ondemand::object record;
        if (const auto failure = each.get(record)) return record_fault(simdjson::error_message(failure));
        TRY(cut_record(record, root_, batch.add_row(), batch, others));
        ++record_;
    }
    return {};
}

Result<void> RecordCutter::Parsing::read(Batch& batch, const Member& member) {
    model::Page& body = batch.page;
    const std::size_t size = body.size;
    model::Page kept = std::exchange(body, {});
    batch.recycle(column_count_);
    body = std::move(kept);
    body.reserve(size + simdjson::SIMDJSON_PADDING);
    record_ = 0;

    ondemand::document document;
    if (const auto failure =
            parser_.iterate(body.bytes.get(), size, size + simdjson::SIMDJSON_PADDING).get(document)) {
        return page_fault(simdjson::error_message(failure));
    }
    ondemand::object root;
    if (const auto failure = document.get_object().get(root))
        return page_fault(simdjson::error_message(failure));
    for (auto each : root) {
        ondemand::field field;
        if (const auto failure = std::move(each).get(field))
            return page_fault(simdjson::error_message(failure));
        Value::Handle handle{field.value()};
        Value value{handle};
        TRY(member(raw_name(field), value));
    }
    if (document.current_location().error() != simdjson::OUT_OF_BOUNDS)
        return page_fault("something stands behind its end");
    return {};
}

Error RecordCutter::page_fault(std::string_view what) {
    return error(ErrorKind::corrupt, fmt::format("the answer is no page of records: {}", what));
}

Result<std::string> RecordCutter::Value::text() {
    std::string_view text;
    if (const auto failure = handle_.value.get(text)) return page_fault(simdjson::error_message(failure));
    return std::string{text};
}

Result<std::int64_t> RecordCutter::Value::integer() {
    std::int64_t number = 0;
    if (const auto failure = handle_.value.get(number)) return page_fault(simdjson::error_message(failure));
    return number;
}

Result<bool> RecordCutter::Value::boolean() {
    bool truth = false;
    if (const auto failure = handle_.value.get(truth)) return page_fault(simdjson::error_message(failure));
    return truth;
}

bool RecordCutter::Value::is_null() {
    bool is_null = false;
    return handle_.value.is_null().get(is_null) == simdjson::SUCCESS && is_null;
}

std::string_view RecordCutter::Value::token() {
    return handle_.value.raw_json_token();
}

RecordCutter::RecordCutter(const std::vector<Path>& columns) : parsing_{std::make_unique<Parsing>(columns)} {}
RecordCutter::~RecordCutter() = default;

Result<void> RecordCutter::read(Batch& batch, const Member& member) {
    return parsing_->read(batch, member);
}

Result<void> RecordCutter::cut(Value& records, Batch& batch, Others* others) {
    return parsing_->cut(records.handle_.value, batch, others);
}

}  // namespace koppla
