-- Files of photos are not merged (docs/adr/0040): photos are written in the order of their keys and never changed, so
-- merging would only write them again.

-- Vinyl merges whenever its last level has two files. With sizes of levels this close to each other, that level holds
-- the first file alone, once it is longer than any later one; the smallest number that is safe is 1.1, since Tarantool
-- multiplies whole numbers by it.
local SIZE_RATIO = 1.25
-- At the other levels.
local MAX_FILES = 100000
-- A look-up asks the filter of each file; with the usual 5% of false answers it would read pages of 200 KB of many.
local FALSE_ANSWERS = 0.0001

local function up()
    local photos = box.space.case_photos
    if photos.engine == 'vinyl' then
        photos.index.pk:alter({
            run_count_per_level = MAX_FILES,
            run_size_ratio = SIZE_RATIO,
            bloom_fpr = FALSE_ANSWERS,
        })
    end
end

return { up = up }
