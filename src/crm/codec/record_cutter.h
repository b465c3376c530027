#pragma once

#include "base/result.h"
#include "model/batch.h"

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <simdjson.h>

namespace koppla {

/// Cuts the records of a JSON answer, which lies in a batch's page, into the batch's cells: raw tokens,
/// strings unescaped in place. Members are matched by name; what a record doesn't hold is absent, and what it
/// holds twice is `corrupt`. A column is a path of names: through objects, and null where one of them is;
/// one with an empty path is left to the caller.
class RecordCutter {
  public:
    using Path = std::vector<std::string>;
    using Value = simdjson::ondemand::value;

    /// Told of the members of records that are no columns.
    class Others {
      public:
        virtual ~Others() = default;
        virtual Result<void> meet(std::size_t row, std::string_view name, Value value) = 0;
    };

    explicit RecordCutter(const std::vector<Path>& columns);

    /// Reads the batch's page as one object, member by member in its order; the batch's rows are emptied
    /// before. `corrupt` where the page is anything else.
    using Member = std::function<Result<void>(std::string_view name, Value value)>;
    Result<void> read(model::Batch& batch, const Member& member);

    /// Adds the records of a list to the batch; to be called from within `member`.
    Result<void> cut(Value records, model::Batch& batch, Others* others = nullptr);

    /// `corrupt`, of the record that is being cut, or of the page.
    [[nodiscard]] Error record_fault(std::string_view what) const;
    [[nodiscard]] static Error page_fault(std::string_view what);

  private:
    /// The wanted members as a tree: a node a name, objects above their members.
    struct Node {
        std::string name;
        std::optional<std::size_t> column;
        std::vector<Node> children;
    };

    void add(const Path& path, std::size_t column);
    static const Node* child(const Node& node, std::string_view name, std::size_t& expected);
    Result<void> cut_record(simdjson::ondemand::object record, const Node& node, std::size_t row,
                            model::Batch& batch, Others* others);
    Result<void> cut_value(Value value, const Node& node, std::size_t row, model::Batch& batch);
    Result<void> put(const Node& node, std::size_t row, model::Batch& batch, model::Cell cell) const;
    Result<void> put_null(const Node& node, std::size_t row, model::Batch& batch) const;
    [[nodiscard]] Result<model::Cell> cell_of(std::string_view token) const;

    std::size_t column_count_;
    Node root_;
    simdjson::ondemand::parser parser_;
    std::size_t record_ = 0;
};

}  // namespace koppla
