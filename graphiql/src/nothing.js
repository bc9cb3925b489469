// In place of a module that GraphiQL's animations use if it is there.
export default undefined;
