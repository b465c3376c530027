#pragma once

#include "base/result.h"
#include "model/batch.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace koppla {

/// Cuts the records of a JSON answer, which lies in a batch's page, into the batch's cells: raw tokens,
/// strings unescaped in place. Members are matched by name; what a record doesn't hold is absent, and what it
/// holds twice is `corrupt`. A column is a path of names: through objects, and null where one of them is;
/// one with an empty path is left to the caller.
class RecordCutter {
  public:
    using Path = std::vector<std::string>;

    /// The value of a member of the page; to be read once, while its name is told. `corrupt` where it is of
    /// another type.
    class Value {
      public:
        Result<std::string> text();
        Result<std::int64_t> integer();
        Result<bool> boolean();
        [[nodiscard]] bool is_null();
        /// As it stands there; of an object or a list the first sign.
        [[nodiscard]] std::string_view token();

      private:
        friend class RecordCutter;
        struct Handle;
        explicit Value(Handle& handle) : handle_{handle} {}
        Handle& handle_;
    };

    /// Told of the members of records that are no columns.
    class Others {
      public:
        virtual ~Others() = default;
        virtual Result<void> meet(std::size_t row, std::string_view name, std::string_view token) = 0;
    };

    explicit RecordCutter(const std::vector<Path>& columns);
    ~RecordCutter();
    RecordCutter(const RecordCutter&) = delete;
    RecordCutter& operator=(const RecordCutter&) = delete;

    /// Reads the batch's page as one object, member by member in its order; the batch's rows are emptied
    /// before. `corrupt` where the page is anything else.
    using Member = std::function<Result<void>(std::string_view name, Value& value)>;
    Result<void> read(model::Batch& batch, const Member& member);

    /// Adds the records of a list to the batch; to be called from within `member`.
    Result<void> cut(Value& records, model::Batch& batch, Others* others = nullptr);

    /// `corrupt`, with what is wrong about the page.
    [[nodiscard]] static Error page_fault(std::string_view what);

  private:
    class Parsing;
    std::unique_ptr<Parsing> parsing_;
};

}  // namespace koppla
