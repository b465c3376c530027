#include "transfer/recorded_schema.h"

#include "platform/schemas.h"

#include <fmt/format.h>

namespace koppla {

Result<model::ObjectSchema> recorded_schema(db::Transaction& transaction, const std::string& account,
                                            const std::string& object) {
    Result<RecordedSchema> recorded = Schemas{transaction}.find(account, object);
    if (recorded) return std::move(recorded->schema);
    if (recorded.error().kind != ErrorKind::not_found) return recorded.error();
    return error(
        ErrorKind::not_found,
        fmt::format("{} isn't in the schema of account {}; take it in with: koppla wizard {} --tables {}",
                    object, account, account, object));
}

}  // namespace koppla
